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
    healthcheck: { test: [CMD, "true"], interval: 30s, start_interval: 2s }
    mem_limit: 64m
    stop_grace_period: 30s
    tmpfs: ["/tmp:size=64m"]
    volumes: ["./db.conf:/db.conf:ro"]
  app:
    build: { context: ./app, additional_contexts: { registry: ./registry } }
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    environment: { FM_BUS: memory }
    healthcheck: { test: [CMD, /app, ready], interval: 1m, start_interval: 2s }
    mem_limit: 128m
    stop_grace_period: 1m
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
		{"compose", "healthcheck: { test: [CMD, \"true\"], interval: 30s, start_interval: 2s }", "hostname: db", "waits for the health of db"},
		{"compose", "healthcheck: { test: [CMD, /app, ready], interval: 1m, start_interval: 2s }", "hostname: app", "has no health check"},
		{"compose", "[CMD, /app, ready]", "[NONE]", "has no health check"},
		{"compose", "[CMD, /app, ready]", "[CMD, /app, \"ready ?\"]", "has blanks"},
		{"compose", "interval: 30s,", "", "more often than"},
		{"compose", "interval: 30s,", "interval: 29s,", "more often than"},
		{"compose", "1m, start_interval: 2s", "1m", "has no start_interval"},
		{"compose", "mem_limit: 64m\n", "hostname: db\n", "db: has no memory limit"},
		{"compose", "mem_limit: 128m\n", "hostname: app\n", "app: has no memory limit"},
		{"compose", "stop_grace_period: 1m\n", "hostname: app\n", "has no stop_grace_period"},
		{"compose", "/tmp:size=64m", "/tmp:mode=1777", "has no size"},
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
