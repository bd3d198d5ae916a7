package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// cluster is a running server on which databases can be made. It is safe for concurrent use.
type cluster struct {
	admin  url.URL // of the database from which others are created
	locale string  // the clause of CREATE DATABASE this server understands
	// copiesFiles says that databases can be copied by their files, from PostgreSQL 15 on.
	copiesFiles bool

	holds any // what has to stay reachable for the server to live, nil for a server that is not ours
}

// locales are the clauses to try, in this order. An ICU database still names a libc locale for what ICU does not cover.
var locales = []struct{ name, clause string }{
	{"libc", "locale 'en_US.UTF-8'"},
	{"icu", "locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'"},
}

// newCluster connects once and finds out which locale the server has. PLINTH_TEST_LOCALE excludes the others.
func newCluster(ctx context.Context, admin string) (*cluster, error) {
	u, err := url.Parse(admin)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		// The text may hold a password and is not repeated.
		return nil, errors.New("not a URL of the form postgres://user:password@host:port/database")
	}
	c := &cluster{admin: *u}
	wanted := os.Getenv(envLocale)
	var reasons []error
	for _, candidate := range locales {
		if wanted != "" && candidate.name != wanted {
			continue
		}
		c.locale = candidate.clause
		name, err := c.create(ctx)
		if err == nil {
			return c, errors.Join(c.drop(ctx, name), c.readRelease(ctx))
		}
		if !isLocaleError(err) {
			return nil, err
		}
		reasons = append(reasons, err)
	}
	if len(reasons) == 0 {
		return nil, fmt.Errorf("%s is %q: want libc or icu", envLocale, wanted)
	}
	return nil, fmt.Errorf("the server has neither the locale en_US.UTF-8 nor ICU; on Debian install the package locales, "+
		"add \"en_US.UTF-8 UTF-8\" to /etc/locale.gen and run locale-gen: %w", errors.Join(reasons...))
}

// create makes an empty database and returns its name.
func (c *cluster) create(ctx context.Context) (string, error) {
	// template0 is the only template that may be copied into another locale.
	return c.createAs(ctx, "template template0 encoding 'UTF8' "+c.locale)
}

// copy makes a copy of a database that has no connections, and returns its name.
func (c *cluster) copy(ctx context.Context, template string) (string, error) {
	clause := "template " + template
	if c.copiesFiles {
		clause += " strategy file_copy" // half the time of the default where fsync is off
	}
	return c.createAs(ctx, clause)
}

func (c *cluster) createAs(ctx context.Context, clause string) (string, error) {
	name := "plinth_test_" + strings.ToLower(rand.Text())
	if err := c.exec(ctx, "create database "+name+" "+clause); err != nil {
		return "", fmt.Errorf("create a database: %w", err)
	}
	return name, nil
}

// drop removes a database and ends the connections a test left open.
func (c *cluster) drop(ctx context.Context, name string) error {
	if err := c.exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
		return fmt.Errorf("drop a database: %w", err)
	}
	return nil
}

// url is the address of the named database.
func (c *cluster) url(name string) string {
	u := c.admin
	u.Path, u.RawPath = "/"+name, ""
	return u.String()
}

func (c *cluster) readRelease(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx) // the answer is what counts
	return conn.QueryRow(ctx, "select current_setting('server_version_num')::int >= 150000").Scan(&c.copiesFiles)
}

func (c *cluster) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx) // the statement's result is what counts
	_, err = conn.Exec(ctx, statement)
	return err
}

// isLocaleError reports that a server rejected CREATE DATABASE for its locale clause:
// an unknown locale (42809), a build without ICU (0A000), or a release before 15, which
// does not know locale_provider (42601).
func isLocaleError(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case "42809", "22023", "0A000", "42601":
		return true
	}
	return false
}

// loopback is the URL of the maintenance database of a server that pgtest started.
func loopback(host, port, password string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", password), Host: host + ":" + port,
		Path: "/postgres", RawQuery: "sslmode=disable",
	}
	return u.String()
}

// await returns once the server answers queries. It gives up when ctx ends or when gone reports that the server did.
func await(ctx context.Context, admin string, gone <-chan struct{}) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		conn, err := pgx.Connect(attempt, admin)
		if err == nil {
			err = conn.Close(attempt)
		}
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-gone:
			return errors.New("the server ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("the server did not answer in time: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
