// Command check loads compose.yaml as Docker Compose does (schema, variables, consistency) and holds it against the
// rules of this repository. It needs no Docker engine. Usage: check FOLDER
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// What ./make-env would have written.
var environment = []string{
	"BUS_PASSWORD=x", "ERLANG_COOKIE=x", "STORE_PASSWORD=x", "STORE_ROOT_PASSWORD=x", "S3_PASSWORD=x", "ADMIN_PASSWORD=x",
	"ADMIN_EMAIL=admin@funny-market.example",
}

func load(file string, profiles ...string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{file},
		cli.WithWorkingDirectory(filepath.Dir(file)), cli.WithEnv(environment), cli.WithProfiles(profiles), cli.WithResolvedPaths(true))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check FOLDER")
		os.Exit(2)
	}
	project, err := load(filepath.Join(os.Args[1], "compose.yaml"), "*")
	if err != nil {
		fmt.Fprintln(os.Stderr, "compose.yaml cannot be loaded:", err)
		os.Exit(1)
	}
	findings, skipped := examine(project)
	for _, folder := range skipped {
		fmt.Println("not beside this repository, so not examined:", folder)
	}
	for _, finding := range findings {
		fmt.Fprintln(os.Stderr, finding)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
	fmt.Printf("compose.yaml is good: %d services, %d volumes, %d networks\n", len(project.Services), len(project.Volumes), len(project.Networks))
}
