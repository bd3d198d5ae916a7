package postgres

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// Hosts returns what [Open] connects to for a URL: names and addresses of servers, and
// folders of sockets, which begin with a slash on Unix. It reads what Open reads: a URL
// may name others in its query, and what it leaves out comes from a service file or from
// the variables PGHOST and PGSERVICE of the environment.
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
