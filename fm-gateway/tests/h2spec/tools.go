//go:build tools

// Package h2spec pins the program that tests/h2spec/run builds, and what it is built of.
package h2spec

import _ "github.com/summerwind/h2spec/cmd/h2spec"
