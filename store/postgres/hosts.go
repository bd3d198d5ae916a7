package postgres

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// Hosts returns the servers that [Open] connects to for a URL: names and IP addresses,
// and folders of sockets, which begin with a slash on Unix. Like Open it considers
// hosts in the query of the URL, service files and the environment variables PGHOST and
// PGSERVICE.
func Hosts(url string) ([]string, error) {
	c, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: hosts: %w", err) // pgx leaves passwords out
	}
	hosts := []string{c.Host}
	for _, other := range c.Fallbacks {
		if !slices.Contains(hosts, other.Host) {
			hosts = append(hosts, other.Host)
		}
	}
	return hosts, nil
}
