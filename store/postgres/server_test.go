package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit": "",
		"PostgreSQL 17.4 on aarch64-unknown-linux-gnu, compiled by gcc, 64-bit":                                                       "",
		"CockroachDB CCL v24.1.3 (x86_64-pc-linux-gnu, built 2024/08/01 12:47:39, go1.22.5 X:nocoverageredesign)":                     "CockroachDB",
		"PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6, 64-bit":                             "YugabyteDB",
		"PostgreSQL 15.2-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 19.1.0, 64-bit":                           "YugabyteDB",
		"PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f14b) on x86_64-pc-linux-gnu":                                  "Greenplum",
		"PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.73348":                                  "Amazon Redshift",
	} {
		err := checkVersion(version)
		if (err == nil) != (want == "") || want != "" && !strings.Contains(err.Error(), "the server is "+want+", want PostgreSQL: ") {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// TestOpenRejectsCitus plants the catalog of Citus: reference tables are copied whole, but
// a distributed table is written on other nodes.
func TestOpenRejectsCitus(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, tt := range []struct {
		statement string
		rejected  bool
	}{
		{"set allow_system_table_mods = on; create table notes (); create table pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod char)", false},
		{"insert into pg_catalog.pg_dist_partition values ('notes', 'n')", false},
		{"insert into pg_catalog.pg_dist_partition values ('notes', 'h')", true},
	} {
		if _, err := conn.Exec(t.Context(), tt.statement); err != nil {
			t.Fatal(err)
		}
		db, err := Open(t.Context(), url, nil)
		if err == nil {
			_ = db.Close()
		}
		if unfit := unfitError(""); errors.As(err, &unfit) != tt.rejected || tt.rejected && !strings.Contains(err.Error(), "the table notes is distributed by Citus") {
			t.Errorf("behind %q: %v", tt.statement, err)
		}
	}
}
