package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `
services:
  db:
    image: busybox:1.37.0
    user: "1000"
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    healthcheck: { test: [CMD, "true"] }
    volumes: ["./db.conf:/db.conf:ro"]
  app:
    build: { context: ./app, additional_contexts: { registry: ./registry } }
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    environment: { FM_BUS: memory }
    depends_on: { db: { condition: service_healthy } }
`

const goodDockerfile = `FROM rust:1.95.0-slim AS build
COPY --from=registry . /registry
FROM scratch
COPY --from=build /a /a
USER 65532
HEALTHCHECK --interval=5s CMD ["/a", "ready"]
`

func findingsOf(t *testing.T, compose, dockerfile string) string {
	t.Helper()
	folder := t.TempDir()
	for path, text := range map[string]string{
		"compose.yaml": compose, "db.conf": "", "app/Dockerfile": dockerfile, "registry/index": "",
		"app/rust-toolchain.toml": "channel = \"1.95.0\"\n", "app/src/settings.rs": `#[arg(env = "FM_BUS")]`,
	} {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	project, err := load(filepath.Join(folder, "compose.yaml"), "*")
	if err != nil {
		return err.Error()
	}
	findings, skipped := examine(project)
	return strings.Join(append(findings, skipped...), "\n")
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	if found := findingsOf(t, good, goodDockerfile); found != "" {
		t.Error(found)
	}
}

func TestEachRuleFindsWhatBreaksIt(t *testing.T) {
	for _, wrong := range []struct{ file, before, after, finding string }{
		{"compose", "busybox:1.37.0", "busybox", "no fixed tag"},
		{"compose", "busybox:1.37.0", "host:5000/busybox:latest", "no fixed tag"},
		{"compose", `user: "1000"`, `user: "0:0"`, "runs as root"},
		{"compose", "cap_drop: [ALL]\n    security_opt: [no-new-privileges:true]\n    env", "env", "keeps capabilities"},
		{"compose", "security_opt: [no-new-privileges:true]\n    env", "env", "may gain privileges"},
		{"compose", "healthcheck: { test: [CMD, \"true\"] }", "hostname: db", "waits for the health of db"},
		{"compose", "service_healthy", "service_completed_successfully", "waits for the end of db"},
		{"compose", "service_healthy", "service_started", "says nothing"},
		{"compose", "./db.conf:", "./none.conf:", "not there"},
		{"compose", "db.conf:ro", "db.conf", "may write"},
		{"compose", "registry: ./registry", "other: ./registry", `copies from the context "registry"`},
		{"compose", "registry: ./registry", "registry: ./none", "not there"},
		{"compose", "FM_BUS", "FM_BUSS", "read by nobody"},
		{"compose", "db: { condition", "nobody: { condition", "depends on undefined service"},
		{"compose", "image: busybox", "imag: busybox", "imag"},
		{"compose", "context: ./app", "context: ./none", "none"},
		{"Dockerfile", "USER 65532\n", "", "runs as root"},
		{"Dockerfile", "HEALTHCHECK", "# HEALTHCHECK", "has no health check"},
		{"Dockerfile", "rust:1.95.0", "rust:1.90.0", `builds with Rust "1.90.0"`},
	} {
		compose, dockerfile := good, goodDockerfile
		if wrong.file == "compose" {
			compose = strings.Replace(good, wrong.before, wrong.after, 1)
		} else {
			dockerfile = strings.Replace(goodDockerfile, wrong.before, wrong.after, 1)
		}
		if compose == good && dockerfile == goodDockerfile {
			t.Errorf("%q is not in the example", wrong.before)
		}
		if found := findingsOf(t, compose, dockerfile); !strings.Contains(found, wrong.finding) {
			t.Errorf("%q instead of %q: found %q, not %q", wrong.after, wrong.before, found, wrong.finding)
		}
	}
}
