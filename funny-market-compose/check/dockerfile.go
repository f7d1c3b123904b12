package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// dockerfile is what the rules want to know of an image that is built here.
type dockerfile struct {
	user      string   // of the last stage
	contexts  []string // named contexts that are copied from
	rust      string   // version of the building stage
	toolchain string   // version that the repository asks for
}

var (
	from    = regexp.MustCompile(`(?i)^FROM\s+(\S+)(?:\s+AS\s+(\S+))?`)
	copied  = regexp.MustCompile(`(?i)^COPY\s+.*--from=(\S+)`)
	user    = regexp.MustCompile(`(?i)^USER\s+(\S+)`)
	rust    = regexp.MustCompile(`^rust:([0-9.]+)`)
	channel = regexp.MustCompile(`(?m)^channel = "(.*)"$`)
	setting = regexp.MustCompile(`"(FM_[A-Z0-9_]+)"`)
)

// imageOf reads the Dockerfile of a service; the second value names a build context that is not there.
func imageOf(service types.ServiceConfig) (dockerfile, string) {
	if service.Build == nil {
		return dockerfile{}, ""
	}
	folder := service.Build.Context
	text, err := os.ReadFile(filepath.Join(folder, "Dockerfile"))
	if err != nil {
		return dockerfile{}, folder
	}
	image := parse(string(text))
	if pinned, err := os.ReadFile(filepath.Join(folder, "rust-toolchain.toml")); err == nil {
		if found := channel.FindSubmatch(pinned); found != nil {
			image.toolchain = string(found[1])
		}
	}
	return image, ""
}

func parse(text string) (image dockerfile) {
	stages := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		if found := from.FindStringSubmatch(line); found != nil {
			stages[found[2]] = true
			image.user = ""
			if version := rust.FindStringSubmatch(found[1]); version != nil {
				image.rust = version[1]
			}
		}
		if found := copied.FindStringSubmatch(line); found != nil && !stages[found[1]] {
			image.contexts = append(image.contexts, found[1])
		}
		if found := user.FindStringSubmatch(line); found != nil {
			image.user = found[1]
		}
	}
	return image
}

// variables gives the names of all settings that the sources in a folder read.
func variables(folder string) (names []string) {
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".rs") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range setting.FindAllSubmatch(text, -1) {
			names = append(names, string(found[1]))
		}
		return err
	})
	return names
}
