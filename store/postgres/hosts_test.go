package postgres_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/postgres"
)

// Hosts says where connections go, wherever that is written.
func TestHosts(t *testing.T) {
	services := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(services, []byte("[far]\nhost=prod.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		url  string
		env  string // "NAME=value"
		want string
	}{
		{url: "postgres://localhost/db", want: "localhost"},
		{url: "postgres://ann:secret@127.0.0.1:5433/db?sslmode=disable", want: "127.0.0.1"},
		{url: "postgres://[::1]:5433/db", want: "::1"},
		{url: "postgres://localhost/db?host=prod.example", want: "prod.example"},
		{url: "postgres://localhost/db?host=localhost,prod.example", want: "localhost prod.example"},
		{url: "postgres://localhost:5432,prod.example:5432/db", want: "localhost prod.example"},
		{url: "postgres://localhost/db", env: "PGHOST=prod.example", want: "localhost"},
		{url: "postgres:///db", env: "PGHOST=prod.example", want: "prod.example"},
		{url: "postgres:///db", env: "PGHOST=/run/postgresql", want: "/run/postgresql"},
		{url: "postgres:///db?service=far&servicefile=" + services, want: "prod.example"},
		{url: "postgres://localhost/db?service=far&servicefile=" + services, want: "localhost"},
		{url: "postgres:///db?servicefile=" + services, env: "PGSERVICE=far", want: "prod.example"},
	} {
		t.Run(tt.url+" "+tt.env, func(t *testing.T) {
			if name, value, ok := strings.Cut(tt.env, "="); ok {
				t.Setenv(name, value)
			}
			got, err := postgres.Hosts(tt.url)
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, %v, want %s", got, err, tt.want)
			}
		})
	}
	if got, err := postgres.Hosts("postgres://ann:secret@localhost:port/db"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %q, %v", got, err)
	}
}
