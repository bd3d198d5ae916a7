package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// runPooler asks through PgBouncer, which gives each transaction another session.
func runPooler(t *testing.T, engine string) []finding {
	program := findPooler(t)
	a := newArena(t, engine, newContent(chosenSize(*growth)), *growth)
	a.serve(t, serverConfig{Database: startPooler(t, program, a.database), Pooler: true})
	a.checkRefused(t)
	return a.climb(t, steps([]int{clients}, func(int) []*comparison {
		var cases []*comparison
		for _, c := range comparisons(a.content)[:4] {
			cases = append(cases, &c)
		}
		return cases
	}), (*measurement).latencyCells)
}

// findPooler returns the path of PgBouncer, which Debian keeps where only root
// looks.
func findPooler(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("PgBouncer is not installed; on Debian: apt-get install pgbouncer")
	return ""
}

// poolerConfig lets everybody in, as the one user whose password it has.
const poolerConfig = `[databases]
* = host='%s' port=%d user='%s' password='%s'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 200
`

// leash runs a program until standard input ends, which is when this process is
// gone, however it went.
const leash = `"$@" & cat >/dev/null; kill "$!"; wait "$!"`

// startPooler puts PgBouncer before a database and returns the URL there. It ends
// with t.
func startPooler(t *testing.T, program, database string) string {
	t.Helper()
	behind, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	target.Host = freeAddress(t)
	quote := func(s string) string { return strings.ReplaceAll(s, "'", "''") }
	account, file := poolerFile(t, fmt.Sprintf(poolerConfig, quote(behind.Host), behind.Port, quote(behind.User), quote(behind.Password), target.Port()))
	args := slices.Concat([]string{"-c", leash, "leash", program, "-q"}, account, []string{file})
	cmd := exec.Command("/bin/sh", args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	in, errIn := cmd.StdinPipe()
	if err := errors.Join(errIn, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // a signal ended it, as it should
		if t.Failed() {
			t.Logf("PgBouncer says:\n%s", &log)
		}
	})
	awaitPooler(t, target.String())
	return target.String()
}

// poolerFile writes the configuration. PgBouncer does not run as root, so that
// there it is for another account, and the arguments say so.
func poolerFile(t *testing.T, config string) (account []string, file string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "plinth-pooler-") // t.TempDir is closed to other accounts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	file = filepath.Join(folder, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return nil, file
	}
	other, err := user.Lookup("postgres")
	if err != nil {
		other, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	uid, errUID := strconv.Atoi(other.Uid)
	gid, errGID := strconv.Atoi(other.Gid)
	if err := errors.Join(errUID, errGID, os.Chown(file, uid, gid), os.Chown(folder, uid, gid)); err != nil {
		t.Fatal(err)
	}
	return []string{"-u", other.Username}, file
}

// freeAddress is where nobody listens now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// awaitPooler returns once the pooler answers.
func awaitPooler(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, url)
		if err == nil {
			_ = c.Close(ctx)
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("PgBouncer does not answer: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
