package accounts_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// serverVariable makes a process of the tests the server of case A-41, on the database
// it names: a URL of PostgreSQL or a file of SQLite.
const serverVariable = "PLINTH_TEST_A41"

// TestA41Server is that server: it tells its address, and serves until its input ends.
func TestA41Server(t *testing.T) {
	place := os.Getenv(serverVariable)
	if place == "" {
		return // it is no test
	}
	var db *store.DB
	var err error
	if strings.HasPrefix(place, "postgres") {
		db, err = postgres.Open(t.Context(), place, nil)
	} else {
		db, err = sqlite.Open(t.Context(), place, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := accounts.New(db, accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test", Autoconfirm: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("listening", l.Addr())
	go func() { _ = http.Serve(l, a) }() //nolint:gosec // ends with the process
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// TestA41 is case A-41: of 500 clients that log in at once half go away. The server
// stays within its memory, sends away whom it cannot serve, and answers others.
func TestA41(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testA41(t, filepath.Join(t.TempDir(), "a41.db")) })
	t.Run("postgres", func(t *testing.T) { testA41(t, pgtest.URL(t)) })
}

func testA41(t *testing.T, place string) {
	// The short form runs beside other tests, which times cannot be told beside.
	last, wait, lag := 4*time.Second, 15*time.Second, 5*time.Second
	if long() {
		last, wait, lag = time.Minute, 3*time.Second, 100*time.Millisecond
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestA41Server$")
	cmd.Env = append(os.Environ(), serverVariable+"="+place)
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if err != nil || !ok {
		t.Fatalf("%q: %v", line, err)
	}
	c := &overload{t: t, base: "http://" + address, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 600}}, answers: map[int]int{}, slowest: map[int]time.Duration{}}
	for range 5 {
		c.login(t.Context(), "POST", "/signup")
	}
	idle := rss(t, cmd.Process.Pid)
	ctx, stop := context.WithTimeout(t.Context(), last)
	defer stop()
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if i%2 == 0 {
					c.login(ctx, "POST", "/token?grant_type=password")
				} else {
					c.leave(ctx)
				}
			}
		})
	}
	var peak int64
	var health []time.Duration
	for ctx.Err() == nil {
		start := time.Now()
		if r, err := c.client.Get(c.base + "/health"); err == nil {
			_ = r.Body.Close()
			health = append(health, time.Since(start))
		}
		peak = max(peak, rss(t, cmd.Process.Pid))
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	slices.Sort(health)
	slow := health[len(health)*99/100]
	const permit = 19 << 20
	permits := int64(password.Config{}.AtATime())
	t.Logf("%v: answers %v, slowest of each %v; idle %d MiB, peak %d MiB; health p99 %v", last, c.answers, c.slowest, idle>>20, peak>>20, slow)
	if bound := idle + permits*permit + 64<<20; peak > bound {
		t.Errorf("%d MiB, at most %d MiB", peak>>20, bound>>20)
	}
	if c.slowest[503] > wait {
		t.Errorf("somebody was refused after %v", c.slowest[503])
	}
	if c.slowest[200] > 2*wait {
		t.Errorf("somebody was let in after %v", c.slowest[200])
	}
	if c.answers[200] == 0 || c.answers[503] == 0 || len(c.answers) > 2 {
		t.Errorf("answers %v", c.answers)
	}
	if slow > lag {
		t.Errorf("99 of 100 health checks take up to %v", slow)
	}
	c.login(t.Context(), "POST", "/token?grant_type=password") // and it goes on
}

// overload are the clients.
type overload struct {
	t      *testing.T
	base   string
	client *http.Client

	mu      sync.Mutex
	answers map[int]int
	slowest map[int]time.Duration
}

func (c *overload) login(ctx context.Context, method, path string) {
	start := time.Now()
	r, _ := http.NewRequestWithContext(context.WithoutCancel(ctx), method, c.base+path, strings.NewReader(ann))
	r.Header.Set("Content-Type", "application/json")
	a, err := c.client.Do(r)
	if err != nil {
		c.t.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, a.Body)
	_ = a.Body.Close()
	if path == "/signup" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[a.StatusCode]++
	c.slowest[a.StatusCode] = max(c.slowest[a.StatusCode], time.Since(start))
	if a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "" {
		c.t.Error("503 without Retry-After")
	}
}

// leave sends a login and goes away.
func (c *overload) leave(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, 20*time.Millisecond)
	defer stop()
	r, _ := http.NewRequestWithContext(ctx, "POST", c.base+"/token?grant_type=password", strings.NewReader(ann))
	r.Header.Set("Content-Type", "application/json")
	if a, err := c.client.Do(r); err == nil {
		_ = a.Body.Close()
	}
	time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
}

// rss is the memory of a process.
func rss(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(status), "VmRSS:")
	var kib int64
	if _, err := fmt.Sscanf(text, "%d kB", &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
