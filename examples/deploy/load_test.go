package deploy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// outcome is what became of a request.
type outcome struct {
	write bool
	late  time.Duration // it was sent
	took  time.Duration // from when it was due
	err   error
}

// quantile returns a quantile of some time of requests.
func quantile(all []outcome, q float64, of func(outcome) time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	var times []time.Duration
	for _, o := range all {
		times = append(times, of(o))
	}
	slices.Sort(times)
	return times[int(float64(len(times)-1)*q)].Round(10 * time.Microsecond)
}

func took(o outcome) time.Duration { return o.took }
func late(o outcome) time.Duration { return o.late }

// generator reads and writes notes through a balancer, over as many connections as it has
// lines, each of which is another user: an instance serves no more than a few requests of
// one at a time.
type generator struct {
	b    *balancer
	idle chan *line
}

// newGenerator returns a generator. Half of its connections stay open, where the balancer
// does not end them by itself, as one that is reloaded does.
func newGenerator(t *testing.T, b *balancer) *generator {
	t.Helper()
	const lines = 200
	g := &generator{b: b, idle: make(chan *line, lines)}
	for i := range lines {
		g.idle <- &line{b: b, bearer: "Bearer " + token(store.NewID()), keep: i%2 == 1 && b.asks}
	}
	t.Cleanup(func() {
		for range lines {
			if l := <-g.idle; l.conn != nil {
				_ = l.conn.Close()
			}
		}
	})
	return g
}

// closedLoop lets clients ask all the time, each of them when it has its answer, and returns
// how many are served in a second. An instance at its capacity may refuse some.
func (g *generator) closedLoop(last time.Duration) (rate float64, all []outcome) {
	const clients = 16
	each := make([][]outcome, clients)
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range each {
		wg.Go(func() {
			for n := i; time.Since(begun) < last; n++ {
				each[i] = append(each[i], g.send(<-g.idle, time.Now(), n%2 == 0))
			}
		})
	}
	wg.Wait()
	all = slices.Concat(each...)
	served := slices.DeleteFunc(slices.Clone(all), func(o outcome) bool { return refused(o.err) })
	return float64(len(served)) / time.Since(begun).Seconds(), all
}

// refused reports whether an instance has not done what was asked because it, or its
// database, has more to do than it can. The balancers' own answers have no code.
func refused(err error) bool {
	return err != nil && (strings.Contains(err.Error(), `"code":"PL503"`) || strings.Contains(err.Error(), `"code":"53300"`))
}

// offer sends requests at a rate, whatever became of those before, until change has ended.
// The time of one begins when it was due.
func (g *generator) offer(t *testing.T, rate float64, change func()) (all []outcome) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	stop := func() { cancel(); sending.Wait() }
	defer stop() // also when change ends the test
	var mu sync.Mutex
	sending.Go(func() {
		random := rand.New(rand.NewPCG(7, 8)) // a test
		for due := time.Now(); ctx.Err() == nil; due = due.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second))) {
			write := random.IntN(2) == 0
			time.Sleep(time.Until(due))
			l := <-g.idle
			sending.Go(func() {
				o := g.send(l, due, write)
				mu.Lock()
				all = append(all, o)
				mu.Unlock()
			})
		}
	})
	change()
	stop()
	return all
}

// send sends a request by a line, and gives that back. In the long form nothing else is
// running, and each is sent once.
func (g *generator) send(l *line, due time.Time, write bool) outcome {
	o := outcome{write: write, late: time.Since(due)}
	if programtest.Long() {
		o.err = l.readOrWrite(write)
	} else { // no drain refuses because the machine is busy
		o.err = whileBusy(func() error { return l.readOrWrite(write) })
	}
	o.took = time.Since(due)
	g.idle <- l
	return o
}

// kept is how many notes the users have.
func (g *generator) kept(t *testing.T) (all int) {
	t.Helper()
	for range cap(g.idle) {
		l := <-g.idle
		g.idle <- l
		err := whileBusy(func() error {
			status, header, body, err := g.b.ask(t.Context(), http.MethodGet, "/rest/v1/notes?limit=1", http.Header{
				"Apikey": {publishable}, "Authorization": {l.bearer}, "Prefer": {"count=exact"},
			})
			if err != nil {
				return err
			}
			_, total, _ := strings.Cut(header.Get("Content-Range"), "/")
			n, err := strconv.Atoi(total)
			if err != nil {
				return fmt.Errorf("%d %s: %w", status, body, err)
			}
			all += n
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// line carries one request at a time, over a connection that stays open or a new one for
// each. It knows no second try, which net/http has for a connection that was closed.
type line struct {
	b      *balancer
	bearer string
	keep   bool
	conn   *tls.Conn // nil where it has to be made
	in     *bufio.Reader
}

func (l *line) readOrWrite(write bool) error {
	header := "Host: notes.example\r\nApikey: " + publishable + "\r\nAuthorization: " + l.bearer + "\r\n"
	if !write {
		return l.ask("GET /rest/v1/notes?limit=1 HTTP/1.1\r\n"+header, "", http.StatusOK)
	}
	const body = `{"title":"x","body":""}`
	return l.ask(fmt.Sprintf("POST /rest/v1/notes HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n", header, len(body)), body, http.StatusCreated)
}

// whileBusy sends again what an instance refuses: beside other tests it does.
func whileBusy(send func() error) error {
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		err := send()
		if !refused(err) || time.Since(begun) > 20*time.Second {
			return err
		}
	}
}

// ask sends a request and wants an answer. Head lacks the empty line.
func (l *line) ask(head, body string, want int) error {
	if l.conn == nil {
		conn, err := tls.Dial("tcp", l.b.secure, &tls.Config{RootCAs: l.b.pool}) // loopback
		if err != nil {
			return err
		}
		l.conn, l.in = conn, bufio.NewReader(conn)
	}
	if !l.keep {
		head += "Connection: close\r\n"
	}
	stays, err := l.exchange(head+"\r\n"+body, want)
	if !stays {
		_ = l.conn.Close()
		l.conn = nil
	}
	if err != nil {
		method, _, _ := strings.Cut(head, " ")
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

func (l *line) exchange(text string, want int) (stays bool, err error) {
	_ = l.conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(l.conn, text); err != nil {
		return false, err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return false, err
	}
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%d %s", res.StatusCode, answer)
	}
	return err == nil && !res.Close, err
}
