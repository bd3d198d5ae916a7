package pgtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	t.Parallel()

	const none, works, broken = 0, 1, 2 // what a place does when asked; none is a place that is not in the list
	tests := []struct {
		name               string
		require            string
		url, docker, local int
		want               string   // the place that serves, if any
		asked              []string // every place that was asked, in order
		unavailable        bool     // of the error
	}{
		{name: "URLFirst", url: works, docker: works, local: works, want: EnvURL, asked: []string{EnvURL}},
		{name: "BrokenURLEndsTheSearch", url: broken, docker: works, local: works, asked: []string{EnvURL}},
		{name: "DockerBeforeLocal", docker: works, local: works, want: "docker", asked: []string{"docker"}},
		{name: "LocalLast", docker: broken, local: works, want: "local server", asked: []string{"docker", "local server"}},
		{name: "Nowhere", docker: broken, local: broken, asked: []string{"docker", "local server"}, unavailable: true},
		{name: "PostgresTakesAny", require: "postgres", docker: broken, local: works, want: "local server", asked: []string{"docker", "local server"}},
		{name: "OnlyDockerCounts", require: "docker", url: works, docker: works, local: works, want: "docker", asked: []string{"docker"}},
		{name: "NoDocker", require: "docker", url: works, docker: broken, local: works, asked: []string{"docker"}, unavailable: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			var list []place
			served := map[*cluster]string{}
			add := func(name string, does int) {
				if does == none {
					return
				}
				list = append(list, place{name: name, named: name == EnvURL, open: func(context.Context) (*cluster, error) {
					asked = append(asked, name)
					if does == broken {
						return nil, errors.New(name + "\n is broken")
					}
					c := &cluster{}
					served[c] = name
					return c, nil
				}})
			}
			add(EnvURL, tt.url)
			add("docker", tt.docker)
			add("local server", tt.local)

			got, err := choose(t.Context(), tt.require, list)
			if served[got] != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("served by %q, error %v, want %q", served[got], err, tt.want)
			}
			if !slices.Equal(asked, tt.asked) {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			if errors.Is(err, errUnavailable) != tt.unavailable {
				t.Errorf("error %v: unavailable is not %v", err, tt.unavailable)
			}
			if tt.unavailable && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "docker is broken")) {
				t.Errorf("want one line with every reason, got %q", err)
			}
		})
	}
}

func TestServerCandidates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, url string
		want      []string
	}{
		{name: "Default", want: []string{"docker", "local server"}},
		{name: "URL", url: "postgres://127.0.0.1/x", want: []string{EnvURL, "docker", "local server"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range places(func(key string) string { return map[string]string{EnvURL: tt.url}[key] }) {
				if got = append(got, p.name); p.named != (p.name == EnvURL) {
					t.Errorf("%s: named is %v", p.name, p.named)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRequirement(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"": "", "postgres": "postgres", "docker": "docker", "docker,postgres": "docker", "postgres,docker": "docker",
		"nginx": "", "redis-server, postgres,": "postgres",
	} {
		if got, err := requirement(list); err != nil || got != want {
			t.Errorf("%q requires %q, %v, want %q", list, got, err, want)
		}
	}
	for _, list := range []string{"Docker", "yes", "postgres,ngnix", "postgres docker"} {
		if got, err := requirement(list); err == nil || got != "" {
			t.Errorf("%q requires %q, want an error", list, got)
		}
	}
}
