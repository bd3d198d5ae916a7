package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestPooler lets the application make its tables, and serve, through PgBouncer, also after
// that was away.
func TestPooler(t *testing.T) {
	t.Parallel()
	path := programtest.Path(t, "pgbouncer")
	database, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	_, addrs := programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		return startPooler(t, path, database, addrs[0])
	})
	way := toxic.Start(t, addrs[0])

	behind := *database
	behind.Host, behind.Path, behind.RawQuery = way.Addr().String(), "/notes", ""
	env := append(production(behind.String()), "NOTES_POOLER=1", "PLINTH_DRAIN_DELAY=0s")
	for _, command := range []string{"up", "verify"} {
		if out, err := runApp(t, env, "migrate", command); err != nil {
			t.Fatalf("migrate %s: %v\n%s", command, err, out)
		}
	}
	_, instance := startApp(t, env)
	env = append(env, "PLINTH_ADDR="+instance) // for the command health
	var clients sync.WaitGroup
	for range 40 { // twice as many as the pool has connections
		bearer := "Bearer " + token(store.NewID())
		clients.Go(func() {
			for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPost, http.MethodGet} {
				err := whileBusy(func() error { return sendNoteTo(t.Context(), "http://"+instance, bearer, method) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
	checkAway(t, way, env, instance)
}

// checkAway takes the database of an instance away: the instance says that it is not ready,
// and that it is alive, to who asks it on its own machine too, and serves again by itself.
func checkAway(t *testing.T, way *toxic.Proxy, env []string, instance string) {
	t.Helper()
	const away, ready, alive = "503", "", "alive\n"
	await := func(want string) {
		t.Helper()
		for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			err := sendNoteTo(t.Context(), "http://"+instance, "Bearer "+token(store.NewID()), http.MethodPost)
			out, failed := runApp(t, env, "health")
			if (err == nil && want == ready || err != nil && want == away && strings.Contains(err.Error(), want)) && (failed == nil) == (want == ready) {
				break
			}
			if time.Since(begun) > 30*time.Second {
				t.Fatalf("want %q: %v; health: %v\n%s", want, err, failed, out)
			}
		}
		if out, err := runApp(t, env, "health", "-live"); err != nil || out != alive {
			t.Errorf("health -live: %v\n%s", err, out)
		}
	}
	await(ready)
	way.Refuse(true)
	if way.Cut() == 0 {
		t.Fatal("there is no connection to cut")
	}
	await(away)
	way.Refuse(false)
	await(ready)
}

// startPooler starts PgBouncer as it is configured here. It does not run as root, so that there it is for another account.
func startPooler(t *testing.T, path string, database *url.URL, addr string) *programtest.Process {
	t.Helper()
	dir, err := os.MkdirTemp("", "plinth-pooler-") // t.TempDir is closed to other accounts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	password, _ := database.User.Password()
	users := filepath.Join(dir, "userlist.txt")
	write(t, users, fmt.Appendf(nil, "%q %q\n", database.User.Username(), password))
	file := changed(
		t, "pgbouncer/pgbouncer.ini",
		"host=postgres port=5432 dbname=notes",
		fmt.Sprintf("host=%s port=%s dbname=%s", database.Hostname(), database.Port(), strings.TrimPrefix(database.Path, "/")),
		"listen_addr = 0.0.0.0", "listen_addr = 127.0.0.1", "listen_port = 6432", "listen_port = "+addr[strings.LastIndex(addr, ":")+1:],
		"/etc/pgbouncer/userlist.txt", users,
	)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "pgbouncer.ini")
	write(t, file, text)
	args := []string{file}
	if os.Geteuid() == 0 {
		const other = "nobody"
		if _, err := user.Lookup(other); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{dir, file, users} {
			if err := os.Chmod(name, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		args = []string{"-u", other, file}
	}
	return programtest.Start(t, nil, path, args...)
}

// sendNoteTo reads or writes a note at an instance.
func sendNoteTo(ctx context.Context, base, bearer, method string) error {
	want, body := http.StatusOK, io.Reader(http.NoBody)
	if method == http.MethodPost {
		want, body = http.StatusCreated, strings.NewReader(`{"title":"x","body":""}`)
	}
	r, err := http.NewRequestWithContext(ctx, method, base+"/rest/v1/notes?limit=1", body)
	if err != nil {
		return err
	}
	r.Header = http.Header{"Apikey": {publishable}, "Authorization": {bearer}, "Content-Type": {"application/json"}}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if res.StatusCode != want {
		return fmt.Errorf("%s: %d %s", method, res.StatusCode, text)
	}
	return nil
}
