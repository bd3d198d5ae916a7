package sqlite

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// TestFileIsGone: while the file is removed or replaced, writes, transactions, the probe and
// soon reads fail, which is logged once. With the file back all is well.
func TestFileIsGone(t *testing.T) {
	t.Parallel()
	for name, another := range map[string]bool{"removed": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.db")
			var log bytes.Buffer
			d := openPath(t, path, &Options{Store: store.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}})
			mustExec(t, d, "create table t (a integer)")
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			if another {
				copied, err := os.ReadFile(path + ".away")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, copied, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			wantError(t, "write", execIn(t, d, nil, "insert into t values (1)"), driver.ErrUnavailable)
			_, err := d.Begin(t.Context(), driver.TxOptions{})
			wantError(t, "begin", err, driver.ErrUnavailable)
			_, err = d.bun.DB.ExecContext(t.Context(), "insert into t values (1)")
			wantError(t, "Bun", err, driver.ErrUnavailable)
			wantError(t, "probe", d.Ping(t.Context()), driver.ErrUnavailable)
			time.Sleep(checkEvery)
			s := &driver.Statement{SQL: "select count(*) from t", Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}}}
			wantError(t, "read", d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrUnavailable)
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
				t.Errorf("%d lines: %s", n, log.String())
			}

			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			if err := d.Ping(t.Context()); err != nil {
				t.Errorf("with the file back: %v", err)
			}
			mustExec(t, d, "insert into t values (1)")
		})
	}
}
