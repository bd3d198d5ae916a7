// Package poolertest puts PgBouncer before a PostgreSQL database, for tests: it runs each
// transaction in any free session of the server.
package poolertest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// config accepts every client as the one user of the server's password.
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

// Start puts PgBouncer in transaction mode before a database and returns the URL
// there. It ends with tb. Where PgBouncer is missing tb is skipped or failed,
// see [programtest.Path].
func Start(tb testing.TB, database string) string {
	tb.Helper()
	program := programtest.Path(tb, "pgbouncer")
	target, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	host, port, err := net.SplitHostPort(target.Host)
	if err != nil {
		tb.Fatal(err)
	}
	password, _ := target.User.Password()
	quote := func(s string) string { return strings.ReplaceAll(s, "'", "''") }
	programtest.Serve(tb, 1, func(addrs []string) *programtest.Process {
		target.Host = addrs[0]
		account, file := write(tb, fmt.Sprintf(config, quote(host), port, quote(target.User.Username()), quote(password), target.Port()))
		return programtest.Start(tb, nil, program, slices.Concat([]string{"-q"}, account, []string{file})...)
	})
	return target.String()
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
