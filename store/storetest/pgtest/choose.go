package pgtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// EnvURL is the environment variable that names a server by the URL of a role that may create databases.
const EnvURL = "PLINTH_TEST_DATABASE_URL"

// The other environment variables that choose the server.
const (
	envImage   = "PLINTH_TEST_POSTGRES_IMAGE"
	envLocale  = "PLINTH_TEST_LOCALE"
	envRequire = programtest.Env
)

// Values of PLINTH_TEST_REQUIRE for this package.
const (
	requireNothing  = ""
	requirePostgres = "postgres"
	requireDocker   = "docker"
)

// errUnavailable reports that no source has a server. It is not returned if a
// configured server failed.
var errUnavailable = errors.New("no PostgreSQL to test with")

// place is a source of servers.
type place struct {
	name string

	// named says that the user configured this source. If it fails, other sources are
	// not tried.
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
	if url := getenv(EnvURL); url != "" {
		named := place{name: EnvURL, named: true, open: func(ctx context.Context) (*cluster, error) { return newCluster(ctx, url) }}
		all = append([]place{named}, all...)
	}
	return all
}

// requirement parses PLINTH_TEST_REQUIRE and returns the requirement for this package.
// Docker takes precedence.
func requirement(list string) (require string, err error) {
	names, err := programtest.Parse(list)
	switch {
	case slices.Contains(names, requireDocker):
		return requireDocker, nil
	case slices.Contains(names, requirePostgres):
		return requirePostgres, nil
	}
	return requireNothing, err
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
