package middleware_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// overloadVariable makes a process of the tests the server of TestOverloadProcess.
const overloadVariable = "PLINTH_TEST_OVERLOAD_SERVER"

// TestOverloadServer is that server: it tells its address and serves until its input
// ends. A request costs it about a millisecond of a processor.
func TestOverloadServer(t *testing.T) {
	if os.Getenv(overloadVariable) == "" {
		return // it is no test
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, 1<<10)
	rounds := calibrate(page, time.Millisecond)
	h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sum := hash(page, rounds)
		_, _ = w.Write(sum[:])
	}))
	h = middleware.Concurrency(middleware.ConcurrencyOptions{Logger: quiet()})(h)
	h = middleware.Authenticate(auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		if id := r.Header.Get("Authorization"); id != "" {
			return auth.Principal{Kind: auth.User, ID: id}, nil
		}
		return auth.Principal{}, nil
	}), middleware.AuthenticateOptions{})(h)
	fmt.Println("listening", l.Addr())
	go func() { _ = http.Serve(l, h) }() //nolint:gosec // ends with the process
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func hash(page []byte, rounds int) (sum [sha256.Size]byte) {
	for range rounds {
		sum = sha256.Sum256(page)
	}
	return sum
}

// calibrate returns how many rounds take so long, on a processor of one's own.
func calibrate(page []byte, want time.Duration) int {
	best := time.Hour
	for range 20 {
		began := time.Now()
		hash(page, 100)
		best = min(best, time.Since(began))
	}
	return max(1, int(100*want/max(best, 1)))
}

// TestOverloadProcess offers a server in another process four times what it can do, at
// a fixed rate whatever it answers, with latencies from the time at which a request was
// due. The short form shows that it works beside other tests, which times cannot be
// told beside; the long one holds the numbers.
func TestOverloadProcess(t *testing.T) {
	step, last, precision := 300*time.Millisecond, 2*time.Second, 1.5
	if long() {
		step, last, precision = 2*time.Second, 20*time.Second, 1.05
	}
	g := newGenerator(t, overloadServer(t), 400)
	// The capacity: the highest rate at which 99 of 100 requests take less than 100 ms
	// and hardly one is refused.
	good := func(rate float64) bool {
		for range 2 { // since one pause of the machine is no lack of capacity
			all := g.offer(rate, step)
			if p99, n := quantile(all, 200, 0.99); n >= len(all)*999/1000 && p99 < 100*time.Millisecond {
				return true
			}
		}
		return false
	}
	low, high := 50.0, 3000.0
	for high/low > precision {
		if rate := math.Sqrt(low * high); good(rate) {
			low = rate
		} else {
			high = rate
		}
	}
	c := low
	base := g.offer(0.8*c, last/2)
	over := g.offer(4*c, last)
	time.Sleep(min(5*time.Second, last))
	after := g.offer(0.8*c, last/2)

	baseP99, _ := quantile(base, 200, 0.99)
	overP99, served := quantile(over, 200, 0.99)
	refusal, refused := quantile(over, 503, 0.99)
	median, _ := quantile(over, 503, 0.5)
	afterP99, afterServed := quantile(after, 200, 0.99)
	goodput := float64(served) / last.Seconds()
	t.Logf("capacity %.0f/s; at 0.8 p99 %s; at 4: %.0f/s served (%.2f), p99 %s, %d refused, p50 %s, p99 %s; after: p99 %s, %d of %d",
		c, baseP99, goodput, goodput/c, overP99, refused, median, refusal, afterP99, afterServed, len(after))
	if served+refused != len(over) || served == 0 || refused == 0 {
		t.Errorf("%d sent, %d served, %d refused", len(over), served, refused)
	}
	if !long() {
		return
	}
	if goodput < 0.9*c {
		t.Errorf("%.0f a second, capacity %.0f", goodput, c)
	}
	if overP99 > 500*time.Millisecond || overP99 > 3*baseP99 {
		t.Errorf("p99 %s, at 0.8 of the capacity %s", overP99, baseP99)
	}
	if refusal > 10*time.Millisecond {
		t.Errorf("99 of 100 are refused within %s", refusal)
	}
	if afterServed < len(after)*99/100 || afterP99 > 3*baseP99 {
		t.Errorf("afterwards p99 %s, %d of %d served", afterP99, afterServed, len(after))
	}
}

func long() bool { return os.Getenv("PLINTH_TEST_LONG") != "" }

// overloadServer starts the server, on one processor, and returns its address.
func overloadServer(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-test.run=^TestOverloadServer$")
	cmd.Env = append(os.Environ(), overloadVariable+"=1", "GOMAXPROCS=1")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if err != nil || !ok {
		t.Fatalf("%q: %v", line, err)
	}
	return address
}

// generator sends requests at fixed rates over connections that stay open.
type generator struct {
	t    *testing.T
	idle chan *wire
}

// wire is a connection that carries one request at a time.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func newGenerator(t *testing.T, address string, connections int) *generator {
	t.Helper()
	g := &generator{t: t, idle: make(chan *wire, connections)}
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		g.idle <- &wire{conn, bufio.NewReaderSize(conn, 1<<10)}
	}
	return g
}

// offer sends requests at a rate for a while, a third of them of strangers and a sixth
// writes, and returns what became of them. The time of one begins when it was due.
func (g *generator) offer(rate float64, last time.Duration) (all []served) {
	const start = " / HTTP/1.1\r\nHost: x\r\n"
	requests := [][]byte{
		[]byte("GET" + start + "\r\n"), []byte("GET" + start + "Authorization: ada\r\n\r\n"), []byte("GET" + start + "Authorization: bob\r\n\r\n"),
		[]byte("GET" + start + "\r\n"), []byte("GET" + start + "Authorization: cem\r\n\r\n"), []byte("POST" + start + "Authorization: ada\r\nContent-Length: 0\r\n\r\n"),
	}
	var due []time.Duration
	random := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // a test
	for at := 0.0; at < last.Seconds(); at += random.ExpFloat64() / rate {
		due = append(due, time.Duration(at*float64(time.Second)))
	}
	all = make([]served, len(due))
	var wg sync.WaitGroup
	begin := time.Now()
	for i, at := range due {
		if wait := time.Until(begin.Add(at)); wait > 0 {
			time.Sleep(wait)
		}
		wire := <-g.idle
		wg.Go(func() {
			status, err := wire.ask(requests[i%len(requests)])
			if err != nil {
				g.t.Error(err)
			}
			all[i] = served{status, time.Since(begin.Add(at))}
			g.idle <- wire
		})
	}
	wg.Wait()
	return all
}

// ask sends a request and reads its answer, which has a length.
func (w *wire) ask(request []byte) (status int, err error) {
	if _, err := w.Write(request); err != nil {
		return 0, err
	}
	r, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return 0, err
	}
	if r.StatusCode == http.StatusServiceUnavailable && !slices.Contains([]string{"1", "2", "3"}, r.Header.Get("Retry-After")) {
		return 0, fmt.Errorf("503 with Retry-After %q", r.Header.Get("Retry-After"))
	}
	return r.StatusCode, nil
}
