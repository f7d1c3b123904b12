package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// examine gives what is wrong with the project, and the build contexts that are not there to be looked at.
func examine(project *types.Project) (findings, skipped []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		image, missing := imageOf(service)
		if missing != "" {
			if !slices.Contains(skipped, missing) {
				skipped = append(skipped, missing)
			}
			continue
		}
		for _, rule := range []func(*types.Project, types.ServiceConfig, dockerfile) []string{pinned, humble, watched, bounded, ordered, mounted, built, known} {
			for _, finding := range rule(project, service, image) {
				findings = append(findings, name+": "+finding)
			}
		}
	}
	return findings, skipped
}

func once(service types.ServiceConfig) bool { return service.Restart == "no" }

// pinned: an image that is not built here has a tag that does not move.
func pinned(_ *types.Project, service types.ServiceConfig, _ dockerfile) []string {
	if service.Build != nil {
		return nil
	}
	tag := service.Image[strings.LastIndex(service.Image, "/")+1:]
	if _, tag, found := strings.Cut(tag, ":"); !found || tag == "latest" {
		return []string{fmt.Sprintf("the image %q has no fixed tag", service.Image)}
	}
	return nil
}

// humble: nothing runs as root but what ends by itself and says so; nobody can gain privileges.
func humble(_ *types.Project, service types.ServiceConfig, image dockerfile) (findings []string) {
	user := service.User
	if user == "" {
		user = image.user
	}
	root := user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root")
	if root && !(once(service) && service.NetworkMode == "none") {
		findings = append(findings, fmt.Sprintf("runs as root (user %q)", user))
	}
	if service.Privileged || !slices.Contains(service.CapDrop, "ALL") {
		findings = append(findings, "keeps capabilities")
	}
	if root && service.User == "" {
		return findings
	}
	if !root && !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
		findings = append(findings, "may gain privileges")
	}
	return findings
}

// watched: what stays up can be asked how it is. The check stands in compose.yaml: an image in the OCI format has none. No
// argument of it has blanks, at which some engines split it.
func watched(_ *types.Project, service types.ServiceConfig, _ dockerfile) (findings []string) {
	if once(service) {
		return nil
	}
	if !healthy(service) {
		return []string{"has no health check"}
	}
	for _, word := range service.HealthCheck.Test[1:] {
		if strings.Contains(word, " ") {
			findings = append(findings, fmt.Sprintf("its health check has blanks in %q", word))
		}
	}
	if interval := service.HealthCheck.Interval; interval == nil || time.Duration(*interval) < 30*time.Second {
		findings = append(findings, "asks for its health more often than every 30 s")
	}
	if service.HealthCheck.StartInterval == nil {
		findings = append(findings, "has no start_interval: who waits for it waits for a whole interval")
	}
	return findings
}

func healthy(service types.ServiceConfig) bool {
	return service.HealthCheck != nil && !service.HealthCheck.Disable && len(service.HealthCheck.Test) > 1
}

// bounded: what stays up cannot take all memory, and says how long it needs to end.
func bounded(_ *types.Project, service types.ServiceConfig, _ dockerfile) (findings []string) {
	if once(service) {
		return nil
	}
	if service.MemLimit == 0 {
		findings = append(findings, "has no memory limit")
	}
	if service.StopGracePeriod == nil {
		findings = append(findings, "has no stop_grace_period")
	}
	for _, mount := range service.Tmpfs {
		if !strings.Contains(mount, "size=") {
			findings = append(findings, fmt.Sprintf("the tmpfs %q has no size", mount))
		}
	}
	return findings
}

// ordered: who waits for health waits for one that has a check, who waits for an end for one that ends.
func ordered(project *types.Project, service types.ServiceConfig, _ dockerfile) (findings []string) {
	for name, dependency := range service.DependsOn {
		other := project.Services[name]
		switch {
		case dependency.Condition == types.ServiceConditionHealthy && !healthy(other):
			findings = append(findings, "waits for the health of "+name+", which has no health check")
		case dependency.Condition == types.ServiceConditionCompletedSuccessfully && !once(other):
			findings = append(findings, "waits for the end of "+name+", which is started again for ever")
		case dependency.Condition == types.ServiceConditionStarted:
			findings = append(findings, "waits for "+name+" to be started, which says nothing")
		}
	}
	return findings
}

// mounted: a file or folder of this repository that is mounted is there.
func mounted(_ *types.Project, service types.ServiceConfig, _ dockerfile) (findings []string) {
	for _, volume := range service.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		if _, err := os.Stat(volume.Source); err != nil {
			findings = append(findings, "mounts "+volume.Source+", which is not there")
		}
		if !volume.ReadOnly {
			findings = append(findings, "may write to "+volume.Source)
		}
	}
	return findings
}

// built: the contexts that a Dockerfile copies from are given, and exist.
func built(_ *types.Project, service types.ServiceConfig, image dockerfile) (findings []string) {
	if service.Build == nil {
		return nil
	}
	for _, context := range image.contexts {
		if _, given := service.Build.AdditionalContexts[context]; !given {
			findings = append(findings, fmt.Sprintf("its Dockerfile copies from the context %q, which is not given", context))
		}
	}
	for name, folder := range service.Build.AdditionalContexts {
		if _, err := os.Stat(folder); err != nil {
			findings = append(findings, fmt.Sprintf("the context %q is %s, which is not there", name, folder))
		}
	}
	if image.toolchain != "" && image.rust != image.toolchain {
		findings = append(findings, fmt.Sprintf("its Dockerfile builds with Rust %q, rust-toolchain.toml asks for %q", image.rust, image.toolchain))
	}
	return findings
}

// known: a variable FM_* is one that the service, or the SDK, reads.
func known(_ *types.Project, service types.ServiceConfig, _ dockerfile) (findings []string) {
	if service.Build == nil {
		return nil
	}
	read := variables(filepath.Join(service.Build.Context, "src"))
	read = append(read, variables(filepath.Join(service.Build.Context, "../fm-sdk/src"))...)
	for name := range service.Environment {
		if strings.HasPrefix(name, "FM_") && !slices.Contains(read, name) {
			findings = append(findings, name+" is read by nobody")
		}
	}
	return findings
}
