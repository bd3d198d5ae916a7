package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestStart(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{Fsync: true})
	db := connect(t, server.URL())
	var fsync string
	if err := db.QueryRow(t.Context(), "show fsync").Scan(&fsync); err != nil || fsync != "on" {
		t.Fatalf("fsync is %q, %v", fsync, err)
	}
	if _, err := db.Exec(t.Context(), "create table kept (n int); insert into kept values (7)"); err != nil {
		t.Fatal(err)
	}

	server.Stop(t)
	if _, err := pgx.Connect(t.Context(), server.URL()); err == nil {
		t.Error("a stopped server answers")
	}
	for range 2 {
		server.Restart(t)
		var n int
		if err := connect(t, server.URL()).QueryRow(t.Context(), "select n from kept").Scan(&n); err != nil || n != 7 {
			t.Errorf("after a restart: %d, %v", n, err)
		}
	}
}
