package cost_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// The variables that make the test binary a server.
const (
	engineVariable = "PLINTH_COST_ENGINE"
	dsnVariable    = "PLINTH_COST_DSN"
)

func TestMain(m *testing.M) {
	if engine := os.Getenv(engineVariable); engine != "" {
		if err := serve(engine, os.Getenv(dsnVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	leaktest.Main(m)
}

// serve serves until its standard input ends. GET /idle returns memory to the system.
func serve(engine, dsn string) error {
	ctx := context.Background()
	db, err := open(ctx, engine, dsn)
	if err != nil {
		return err
	}
	a, err := api.New(db, api.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	a.Add(exposed()...)
	h, err := a.Handler()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/idle", func(http.ResponseWriter, *http.Request) {
		debug.FreeOSMemory() // pools keep what they hold for one more collection
		debug.FreeOSMemory()
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	go http.Serve(l, mux) // it ends with the process
	_, err = os.Stdin.Read(make([]byte, 1))
	return err
}

// server is a server in a process of its own.
type server struct {
	url    string
	pid    int
	idle   int // its memory
	client *http.Client
	admin  *store.DB // nil for SQLite
}

func startServer(t *testing.T, engine, dsn string) *server {
	t.Helper()
	cmd := exec.Command(os.Args[0]) // this test
	cmd.Env = append(os.Environ(), engineVariable+"="+engine, dsnVariable+"="+dsn)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{pid: cmd.Process.Pid, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server has not started: %v", err)
	}
	s.url = strings.TrimSpace(line)
	if engine == "postgres" {
		if s.admin, err = open(t.Context(), engine, dsn); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.admin.Close() })
	}
	if programtest.Long() {
		s.get(t, "/peers?limit=1")
		s.get(t, "/idle")
		s.idle = status(s.pid, "VmRSS")
	}
	return s
}

// cost is what a request took above what its processes had before.
type cost struct {
	path            string
	status          int
	body            []byte
	server, backend int // bytes
	kept            int // what the server keeps of the requests before
	took            time.Duration
}

// String prints the figures.
func (c cost) String() string {
	return fmt.Sprintf("status %d, server %d MiB, backend %d MiB, kept %d MiB, %s", c.status, c.server>>20, c.backend>>20, c.kept>>20, c.took.Round(time.Millisecond))
}

// measure sends a request. In the long form it measures what that costs.
func (s *server) measure(t *testing.T, path, body string) (c cost) {
	t.Helper()
	if !programtest.Long() {
		c.status, c.body = s.send(t, path, body)
		return c
	}
	s.get(t, "/idle")
	before := status(s.pid, "VmRSS")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	stop := s.watch(t)
	began := time.Now()
	c.status, c.body = s.send(t, path, body)
	c.took = time.Since(began)
	c.backend = stop()
	c.server = status(s.pid, "VmHWM") - before
	c.kept = before - s.idle
	return c
}

// watch samples the private memory of the backends until the function it returns is
// called, which tells by how much one has grown.
func (s *server) watch(t *testing.T) (stop func() int) {
	if s.admin == nil {
		return func() int { return 0 }
	}
	done := make(chan struct{})
	var ended sync.WaitGroup
	most, before := 0, map[int]int{}
	sample := func(pids []int) {
		for _, pid := range pids {
			now := status(pid, "RssAnon")
			if _, known := before[pid]; !known {
				before[pid] = min(now, 8<<20) // what a new one has
			}
			most = max(most, now-before[pid])
		}
	}
	pids := s.backends(t)
	sample(pids)
	ended.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			if n%20 == 0 {
				pids = s.backends(t)
			}
			sample(pids)
			time.Sleep(time.Millisecond)
		}
	})
	return func() int {
		close(done)
		ended.Wait()
		return most
	}
}

// backends returns the processes that serve the database.
func (s *server) backends(t *testing.T) []int {
	rows, err := s.admin.Bun().QueryContext(context.Background(), "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type in ('client backend', 'parallel worker')")
	if err != nil {
		t.Error(err)
		return nil
	}
	defer rows.Close() // it only reads
	var pids []int
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			t.Error(err)
		}
		pids = append(pids, pid)
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
	return pids
}

// status reads a figure of /proc/PID/status in bytes, 0 for a process that is gone.
func status(pid int, name string) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib << 10
		}
	}
	return 0
}
