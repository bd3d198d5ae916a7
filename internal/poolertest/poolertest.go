// Package poolertest puts PgBouncer before a PostgreSQL database, for tests: it gives
// each transaction whatever session of the server is free.
package poolertest

import (
	"bytes"
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
)

// config lets everybody in, as the one user whose password it has.
const config = `[databases]
* = host='%s' port=%s user='%s' password='%s'
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

// Start puts PgBouncer in transaction mode before a database and returns the URL
// there. It ends with tb. Where PgBouncer is missing tb is skipped, or fails if
// PLINTH_TEST_REQUIRE names pgbouncer.
func Start(tb testing.TB, database string) string {
	tb.Helper()
	program := find(tb)
	target, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	host, port, err := net.SplitHostPort(target.Host)
	if err != nil {
		tb.Fatal(err)
	}
	password, _ := target.User.Password()
	target.Host = freeAddress(tb)
	quote := func(s string) string { return strings.ReplaceAll(s, "'", "''") }
	account, file := write(tb, fmt.Sprintf(config, quote(host), port, quote(target.User.Username()), quote(password), target.Port()))
	args := slices.Concat([]string{"-c", leash, "leash", program, "-q"}, account, []string{file})
	cmd := exec.Command("/bin/sh", args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	in, errIn := cmd.StdinPipe()
	if err := errors.Join(errIn, cmd.Start()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // a signal ended it, as it should
		if tb.Failed() {
			tb.Logf("PgBouncer says:\n%s", &log)
		}
	})
	await(tb, target.Host)
	return target.String()
}

// find returns the path of PgBouncer, which Debian keeps where only root looks.
func find(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "PgBouncer is not installed; on Debian: apt-get install pgbouncer"
	if slices.Contains(strings.Split(os.Getenv("PLINTH_TEST_REQUIRE"), ","), "pgbouncer") {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}

// write writes the configuration. PgBouncer does not run as root, so that there it
// is for another account, and the arguments say so.
func write(tb testing.TB, config string) (account []string, file string) {
	tb.Helper()
	folder, err := os.MkdirTemp("", "plinth-pooler-") // tb.TempDir is closed to other accounts
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	file = filepath.Join(folder, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		tb.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return nil, file
	}
	other, err := user.Lookup("postgres")
	if err != nil {
		other, err = user.Lookup("nobody")
	}
	if err != nil {
		tb.Fatal(err)
	}
	uid, errUID := strconv.Atoi(other.Uid)
	gid, errGID := strconv.Atoi(other.Gid)
	if err := errors.Join(errUID, errGID, os.Chown(file, uid, gid), os.Chown(folder, uid, gid)); err != nil {
		tb.Fatal(err)
	}
	return []string{"-u", other.Username}, file
}

// freeAddress is where nobody listens now.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await returns once the pooler listens.
func await(tb testing.TB, addr string) {
	tb.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			tb.Fatalf("PgBouncer does not answer: %v", err)
		}
	}
}
