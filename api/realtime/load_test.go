package realtime_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// Tick is read by its owner.
type Tick struct {
	bun.BaseModel `bun:"table:ticks"`
	ID            int64  `bun:",pk"`
	Owner         string `bun:",notnull"`
	SentAt        int64  `bun:",notnull"` // Unix time in nanoseconds, before the transaction
}

// The environment of the process of clients.
const (
	loadAddr    = "PLINTH_TEST_LOAD_ADDR"
	loadSockets = "PLINTH_TEST_LOAD_SOCKETS"
	loadOwners  = "PLINTH_TEST_LOAD_OWNERS" // 0: the sockets join nothing
)

// loadReport is what the process of clients has received.
type loadReport struct {
	Events   int64
	P50, P99 time.Duration
}

// TestSocketLoad measures the cost of 10,000 sockets: their memory, one view for all of them, and an
// owner for each. The clients are a process of their own.
func TestSocketLoad(t *testing.T) {
	if !programtest.Long() {
		t.Skip("a measurement: PLINTH_TEST_LONG=1 runs it")
	}
	var alone sync.Mutex // engines run in parallel
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		alone.Lock()
		defer alone.Unlock()
		t.Run("Idle", func(t *testing.T) { judgeIdle(t, db) })
		t.Run("OneView", func(t *testing.T) { judgeOneView(t, db) })
		t.Run("OwnViews", func(t *testing.T) { judgeOwnViews(t, db) })
	}, storetest.Models(Tick{}))
}

// loadServer is a hub whose every socket may have its own user.
type loadServer struct {
	*server
	id int64
}

func startLoad(t *testing.T, db *store.DB) *loadServer {
	t.Helper()
	s := &server{T: t, db: db, banned: map[string]bool{}}
	a, err := api.New(db, api.Config{Authenticator: s})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(api.Resource[Tick]{Policy: api.Policy{Read: api.Owner("owner"), Create: api.Owner("owner")}})
	if _, err := a.Handler(); err != nil {
		t.Fatal(err)
	}
	hub, err := realtime.New(a, db, realtime.Config{Authenticator: s, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Limits: realtime.Limits{Connections: -1, Channels: -1, Messages: -1, Bytes: -1}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(hub.WebSocket().ServeHTTP))
	s.url = web.URL
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(t.Context()) }()
	t.Cleanup(func() { // after the context has ended
		<-ended
		web.Close()
	})
	return &loadServer{server: s, id: time.Now().UnixNano()}
}

// clients starts a process of sockets. stop returns what they have received.
func (s *loadServer) clients(sockets, owners int) (stop func(events int64) loadReport) {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), os.Args[0], "-test.run=^TestLoadClients$", "-test.count=1")
	cmd.Env = append(os.Environ(), loadAddr+"="+strings.TrimPrefix(s.url, "http://"), loadSockets+"="+strconv.Itoa(sockets), loadOwners+"="+strconv.Itoa(owners))
	cmd.Stderr = s.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		s.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "ready\n" {
		s.Fatalf("the clients say %q, %v", line, err)
	}
	return func(events int64) (r loadReport) {
		fmt.Fprintln(in, events)
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &r)
		}
		if err != nil {
			s.Fatalf("the clients report %q, %v", line, err)
		}
		_ = in.Close()
		_ = cmd.Wait()
		return r
	}
}

// write inserts ticks at a rate for a while, some in each transaction, and returns their number.
func (s *loadServer) write(rate, together int, d time.Duration, owner func(i int) string) (n int64) {
	pause := time.Second * time.Duration(together) / time.Duration(rate)
	for next := time.Now(); n < int64(rate)*int64(d/time.Millisecond)/1000; next = next.Add(pause) {
		time.Sleep(time.Until(next))
		err := s.db.Tx(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := range together {
				s.id++
				if err := store.For[Tick](tx).Insert(ctx, &Tick{ID: s.id, Owner: owner(int(n) + i), SentAt: time.Now().UnixNano()}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.Fatal(err)
		}
		n += int64(together)
	}
	return n
}

// usage is the CPU time of this process.
func usage() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident is the memory of this process.
func resident() int64 {
	runtime.GC()
	debug.FreeOSMemory()
	status, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.ParseInt(strings.Fields(string(status) + " 0 0")[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

const manySockets = 9_500 // a process may have 20,000 files on many machines

func judgeIdle(t *testing.T, db *store.DB) {
	s := startLoad(t, db)
	before := resident()
	stop := s.clients(manySockets, 0)
	each := float64(resident()-before) / manySockets / 1024
	stop(0)
	t.Logf("%d idle sockets: %.1f KiB each", manySockets, each)
	if each > 20 {
		t.Errorf("a socket takes %.1f KiB, at most 20", each)
	}
	before = resident()
	stop = s.clients(manySockets, 1)
	t.Logf("with a channel and a subscription: %.1f KiB each", float64(resident()-before)/manySockets/1024)
	stop(0)
}

func judgeOneView(t *testing.T, db *store.DB) {
	for _, load := range []struct{ rate, together int }{{20, 1}, {100, 1}, {1000, 10}} {
		s := startLoad(t, db)
		stop := s.clients(manySockets, 1)
		before := usage()
		n := s.write(load.rate, load.together, min(5*time.Second, 2000*time.Second/time.Duration(load.rate)), func(int) string { return "user0" })
		r := stop(n * manySockets)
		cost := (usage() - before) / time.Duration(r.Events)
		t.Logf("%d changes/s, %d in a transaction, to %d sockets: %v of CPU for each of %d events, p50 %v, p99 %v", load.rate, load.together, manySockets, cost, r.Events, r.P50, r.P99)
		if r.Events != n*manySockets {
			t.Errorf("%d events arrived of %d", r.Events, n*manySockets)
		}
		// At a low rate each event is a system call of its own, which costs more than that.
		if load.rate >= 100 && cost > 2*time.Microsecond {
			t.Errorf("an event costs %v, at most 2 us", cost)
		}
	}
}

func judgeOwnViews(t *testing.T, db *store.DB) {
	const idleFor, writesFor = 5 * time.Second, 10 * time.Second
	var costs []time.Duration
	for _, owners := range []int{10, manySockets} {
		s := startLoad(t, db)
		stop := s.clients(owners, owners)
		before := usage()
		time.Sleep(idleFor)
		idle := (usage() - before) / time.Duration(idleFor/time.Second) // in a second
		before = usage()
		n := s.write(1000, 10, writesFor, func(i int) string { return "user" + strconv.Itoa(i*7%owners) })
		r := stop(n)
		busy := usage() - before
		cost := (busy - idle*time.Duration(writesFor/time.Second)) / time.Duration(n)
		costs = append(costs, cost)
		t.Logf("%d owners, 1000 changes/s: %v of CPU for a change, %v with what their sockets cost idle (%v in a second), p50 %v, p99 %v", owners, cost, busy/time.Duration(n), idle, r.P50, r.P99)
		if r.Events != n || r.P99 > 100*time.Millisecond {
			t.Errorf("%d of %d events arrived, p99 %v, at most 100 ms", r.Events, n, r.P99)
		}
	}
	if costs[1] > 2*costs[0] {
		t.Errorf("a change costs %v with many owners, at most twice %v", costs[1], costs[0])
	}
}

// loadClients are the sockets of the process of clients.
type loadClients struct {
	events atomic.Int64
	joined sync.WaitGroup

	mu        sync.Mutex
	latencies []time.Duration
}

// TestLoadClients is the process of clients.
func TestLoadClients(t *testing.T) {
	addr := os.Getenv(loadAddr)
	if addr == "" {
		t.Skip("a part of TestSocketLoad")
	}
	n, _ := strconv.Atoi(os.Getenv(loadSockets))
	owners, _ := strconv.Atoi(os.Getenv(loadOwners))
	c := &loadClients{}
	dialing := make(chan bool, 64)
	for i := range n {
		dialing <- true
		c.joined.Add(1)
		go func() {
			user := ""
			if owners > 0 {
				user = "user" + strconv.Itoa(i%owners)
			}
			if err := c.connect(addr, user, func() { <-dialing; c.joined.Done() }); err != nil {
				fmt.Fprintln(os.Stderr, "client:", err)
				os.Exit(1)
			}
		}()
	}
	c.joined.Wait()
	fmt.Println("ready")
	var want int64
	_, _ = fmt.Scan(&want)
	for end := time.Now().Add(60 * time.Second); c.events.Load() < want && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	r := loadReport{Events: c.events.Load()}
	if slices.Sort(c.latencies); len(c.latencies) > 0 {
		r.P50, r.P99 = c.latencies[len(c.latencies)/2], c.latencies[len(c.latencies)*99/100]
	}
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
	os.Exit(0)
}

// connect opens a socket, joins a channel as a user, and counts events.
func (c *loadClients) connect(addr, user string, ready func()) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(conn, "GET /?vsn=2.0.0 HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr)
	in := bufio.NewReaderSize(conn, 2<<10)
	if answer, err := http.ReadResponse(in, nil); err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("handshake: %v, %v", answer, err)
	}
	if user == "" {
		ready()
		_, err := io.Copy(io.Discard, in)
		return err
	}
	join := `["1","1","realtime:ticks","phx_join",{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"ticks"}]},"access_token":"` + user + `"}]`
	if _, err := conn.Write(maskedText(join)); err != nil {
		return err
	}
	var payload []byte
	for {
		if payload, err = readText(in, payload); err != nil {
			return err
		}
		switch {
		case bytes.Contains(payload, []byte(`"postgres_changes",{"ids"`)):
			c.received(payload)
		case bytes.Contains(payload, []byte(`"phx_reply",{"response":{"postgres_changes"`)):
			ready()
		case bytes.Contains(payload, []byte(`"status":"error"`)):
			return fmt.Errorf("%s: %s", user, payload)
		}
	}
}

// received counts an event, and the latency of each hundredth.
func (c *loadClients) received(payload []byte) {
	if n := c.events.Add(1); n%100 != 0 && n > 20_000 {
		return
	}
	_, rest, _ := bytes.Cut(payload, []byte(`"sent_at":`))
	digits := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	at, err := strconv.ParseInt(string(rest[:max(digits, 0)]), 10, 64)
	if err != nil {
		fmt.Fprintf(os.Stderr, "client: no time in %s\n", payload)
		os.Exit(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latencies = append(c.latencies, time.Duration(time.Now().UnixNano()-at))
}

// maskedText is a text as a frame of a client (RFC 6455, section 5.2), with a mask of zeros.
func maskedText(text string) []byte {
	frame := []byte{0x81, 0x80 | 126}
	frame = binary.BigEndian.AppendUint16(frame, uint16(len(text)))
	return append(append(frame, 0, 0, 0, 0), text...)
}

// readText reads a message of the server.
func readText(in *bufio.Reader, buffer []byte) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		return nil, err
	}
	size := int(head[1])
	if size == 126 {
		if _, err := io.ReadFull(in, head[2:]); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint16(head[2:]))
	}
	buffer = slices.Grow(buffer[:0], size)[:size]
	_, err := io.ReadFull(in, buffer)
	return buffer, err
}
