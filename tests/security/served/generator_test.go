package served_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// outcome is what became of a request.
type outcome struct {
	kind   string
	status int           // 0 where the connection was cut
	due    time.Duration // since the first
	late   time.Duration // it was sent
	took   time.Duration // from when it was due
}

func only(all []outcome, which func(outcome) bool) (chosen []outcome) {
	for _, o := range all {
		if which(o) {
			chosen = append(chosen, o)
		}
	}
	return chosen
}

// quantile returns a quantile of what they took, an hour where there are none.
func quantile(all []outcome, q float64) time.Duration {
	if len(all) == 0 {
		return time.Hour
	}
	times := make([]time.Duration, len(all))
	for i, o := range all {
		times[i] = o.took
	}
	slices.Sort(times)
	return times[int(float64(len(times)-1)*q)].Round(10 * time.Microsecond)
}

// lateness is how much later than due 99 of 100 were sent: the client's own part.
func lateness(all []outcome) time.Duration {
	sent := slices.Clone(all)
	for i := range sent {
		sent[i].took = sent[i].late
	}
	return quantile(sent, 0.99)
}

// generator sends requests at fixed rates over connections that stay open.
type generator struct {
	site   *site
	idle   chan *wire
	tokens []string // of the users
}

// wire is a connection that carries one request at a time, nil where it has to be made.
type wire struct {
	net.Conn
	in     *bufio.Reader
	header http.Header // of the last answer
}

func newGenerator(t *testing.T, s *site, connections int) *generator {
	t.Helper()
	g := &generator{site: s, idle: make(chan *wire, connections), tokens: make([]string, users)}
	for range connections {
		g.idle <- &wire{}
	}
	t.Cleanup(func() {
		for range connections {
			if w := <-g.idle; w.Conn != nil {
				_ = w.Close()
			}
		}
	})
	return g
}

// logIn gives every user a token.
func (g *generator) logIn(t *testing.T) {
	t.Helper()
	w := <-g.idle
	defer func() { g.idle <- w }()
	for i := range g.tokens {
		status, body := w.ask(g.site.address, loginOf(i))
		var answer struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
			t.Fatalf("login: %d %s", status, body)
		}
		g.tokens[i] = answer.Token
	}
}

// offer sends requests at a rate for a while. The time of one begins when it was due.
func (g *generator) offer(rate float64, last time.Duration) []outcome {
	var due []time.Duration
	random := rand.New(rand.NewPCG(7, 8)) // a test
	for at := 0.0; at < last.Seconds(); at += random.ExpFloat64() / rate {
		due = append(due, time.Duration(at*float64(time.Second)))
	}
	all := make([]outcome, len(due))
	var wg sync.WaitGroup
	begin := time.Now()
	for i, at := range due {
		kind, text := g.mixed(i, random.IntN(100))
		if wait := time.Until(begin.Add(at)); wait > 0 {
			time.Sleep(wait)
		}
		w := <-g.idle
		wg.Go(func() {
			late := time.Since(begin) - at
			status, _ := w.ask(g.site.address, text)
			all[i] = outcome{kind, status, at, late, time.Since(begin) - at}
			g.idle <- w
		})
	}
	wg.Wait()
	return all
}

// mixed returns a request of the mix.
func (g *generator) mixed(i, percent int) (kind, text string) {
	row := fmt.Sprintf("/rest/v1/notes?select=id&id=eq.n%d", i%notes)
	switch {
	case percent < 40:
		return "stranger", "GET " + row + header(i) + "\r\n"
	case percent < 65:
		return "read", "GET " + row + g.user(i) + "\r\n"
	case percent < 80:
		return "write", g.writeOf(i)
	case percent < 95:
		return "list", listOf(i)
	}
	return "login", loginOf(i)
}

// user is the header of a user.
func (g *generator) user(i int) string {
	return header(i) + "Authorization: Bearer " + g.tokens[i%users] + "\r\n"
}

// writeOf is a user's write.
func (g *generator) writeOf(i int) string {
	const body = `{"seen":true}`
	return fmt.Sprintf("PATCH /rest/v1/marks?id=eq.m%d%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", i%users, g.user(i), len(body), body)
}

// listOf is a stranger's list.
func listOf(i int) string {
	return "GET /rest/v1/notes?select=id&order=id&limit=20" + header(i) + "\r\n"
}

// loginOf is the login of a user.
func loginOf(i int) string {
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, email(i%users), password)
	return fmt.Sprintf("POST /auth/v1/token?grant_type=password%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", header(i), len(body), body)
}

// header is the rest of a first line and what follows it, from one of 60,000 addresses.
func header(i int) string {
	return fmt.Sprintf(" HTTP/1.1\r\nHost: x\r\nApikey: %s\r\nX-Forwarded-For: 10.1.%d.%d\r\n", publishable, i/250%240, i%250)
}

// ask sends a request and returns its answer, status 0 where there is none. A server may
// close a connection that was idle or with an answer that says so.
func (w *wire) ask(address, text string) (status int, body []byte) {
	var b bytes.Buffer
	status = w.askInto(&b, address, text)
	return status, b.Bytes()
}

// askInto is ask with a place for the body: who reads a large one for nothing should cost
// little beside the server.
func (w *wire) askInto(body io.Writer, address, text string) (status int) {
	if w.Conn == nil {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return 0
		}
		w.Conn, w.in = conn, bufio.NewReaderSize(conn, 4<<10)
	}
	status, keep := w.exchange(body, text)
	if !keep {
		_ = w.Close()
		w.Conn = nil
	}
	return status
}

func (w *wire) exchange(body io.Writer, text string) (status int, keep bool) {
	_ = w.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(w, text); err != nil {
		return 0, false
	}
	r, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return 0, false
	}
	w.header = r.Header
	_, err = io.Copy(body, r.Body)
	return r.StatusCode, err == nil && !r.Close
}
