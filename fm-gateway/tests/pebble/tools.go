//go:build tools

// Package pebble pins the program that tests/api/acme runs, and what it is built of.
package pebble

import _ "github.com/letsencrypt/pebble/v2/cmd/pebble"
