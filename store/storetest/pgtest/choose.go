package pgtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The environment variables that choose the server.
const (
	envURL     = "PLINTH_TEST_DATABASE_URL"
	envImage   = "PLINTH_TEST_POSTGRES_IMAGE"
	envRequire = "PLINTH_TEST_REQUIRE"
)

// What PLINTH_TEST_REQUIRE may ask of this package.
const (
	requireNothing  = ""
	requirePostgres = "postgres"
	requireDocker   = "docker"
)

// otherNames are what it may ask of other tests: programs, and tools that the Go command fetches.
var otherNames = []string{"chromium", "go-tools", "haproxy", "nginx", "node", "pebble", "pgbouncer", "promtool", "redis-server"}

// errUnavailable marks that no place has a server, as opposed to a server that was asked for by name and failed.
var errUnavailable = errors.New("no PostgreSQL to test with")

// place is where a server may come from.
type place struct {
	name string

	// named says that the user asked for this very place: if it fails, looking further would test something else than asked.
	named bool

	open func(context.Context) (*cluster, error)
}

// choose returns the server of the first place that has one. The error lists why each place has none.
func choose(ctx context.Context, require string, places []place) (*cluster, error) {
	var reasons []string
	for _, p := range places {
		if require == requireDocker && p.name != requireDocker {
			continue
		}
		c, err := p.open(ctx)
		if err == nil {
			return c, nil
		}
		if p.named {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		reasons = append(reasons, p.name+": "+oneLine(err))
	}
	return nil, fmt.Errorf("%w (%s)", errUnavailable, strings.Join(reasons, "; "))
}

// places is the documented order.
func places(getenv func(string) string) []place {
	all := []place{
		{name: requireDocker, open: func(ctx context.Context) (*cluster, error) { return openDocker(ctx, getenv(envImage)) }},
		{name: "local server", open: openLocal},
	}
	if url := getenv(envURL); url != "" {
		named := place{name: envURL, named: true, open: func(ctx context.Context) (*cluster, error) { return newCluster(ctx, url) }}
		all = append([]place{named}, all...)
	}
	return all
}

// requirement reads PLINTH_TEST_REQUIRE, names separated by commas, and returns what it asks of this package. A name that nobody
// knows is refused: misspelt, it would require nothing.
func requirement(list string) (require string, err error) {
	for name := range strings.SplitSeq(list, ",") {
		switch name = strings.TrimSpace(name); {
		case name == requireDocker, name == requirePostgres && require == requireNothing:
			require = name
		case name == requirePostgres, name == "", slices.Contains(otherNames, name):
		default:
			return "", fmt.Errorf("%s has %q: want %q, %q or a program of other tests (%s)",
				envRequire, name, requirePostgres, requireDocker, strings.Join(otherNames, ", "))
		}
	}
	return require, nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
