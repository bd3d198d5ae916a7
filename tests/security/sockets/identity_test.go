package sockets_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// issuer signs tokens and publishes its keys at a URL.
type issuer struct {
	url     string
	asked   atomic.Int64
	late    atomic.Int64 // nanoseconds that its clock, and that of whoever asks, is ahead
	private *ecdsa.PrivateKey
	set     atomic.Pointer[[]byte]
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{private: private}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		_, _ = w.Write(*i.set.Load())
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) now() time.Time { return time.Now().Add(time.Duration(i.late.Load())) }

func (i *issuer) publish(t *testing.T, ids ...string) {
	t.Helper()
	var keys []jwt.Key
	for _, id := range ids {
		keys = append(keys, i.key(t, id))
	}
	set, err := jwt.Set(keys...)
	if err != nil {
		t.Fatal(err)
	}
	i.set.Store(&set)
}

func (i *issuer) key(t *testing.T, id string) jwt.Key {
	t.Helper()
	key, err := jwt.PrivateKey(id, i.private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// token returns one that is good but for what its key is called.
func (i *issuer) token(t *testing.T, id string) string {
	t.Helper()
	s, err := jwt.NewSigner(jwt.SignerConfig{Audience: "notes", Issuer: "https://issuer.example", Key: i.key(t, id), Now: i.now})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Sign(auth.Principal{Kind: auth.User, ID: "ann"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// servedIssuer runs an application that takes the tokens of an issuer beside those of its
// accounts.
func servedIssuer(t *testing.T, url string, i *issuer) (ask func(token string) int) {
	t.Helper()
	keys, err := jwt.NewRemote(i.url, jwt.RemoteConfig{InsecureLoopback: true, Now: i.now})
	if err != nil {
		t.Fatal(err)
	}
	config := apptest.WithAccounts(t, url)
	if config.Verifier, err = jwt.New(jwt.Config{Audience: "notes", Issuer: "https://issuer.example", KeySource: keys, Now: i.now}); err != nil {
		t.Fatal(err)
	}
	// The clients share processors and an address. Streams and no rates keep the server from
	// rejecting them for that.
	config.Rates = plinth.Rates{Address: plinth.Rate{Requests: 1 << 30}, Caller: plinth.Rate{Requests: 1 << 30}}
	app := apptest.New(t, config)
	app.Mount(plinth.Surface{
		Prefix: "/who", Class: func(string) plinth.Class { return plinth.Stream },
		Handler: app.Authenticate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, auth.FromContext(r.Context()).ID)
		})),
	})
	apptest.Run(t, app, config.Addr)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	return func(token string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+config.Addr+"/who", http.NoBody)
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header.Set("Apikey", config.Keys.Publishable[0])
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer res.Body.Close() // read to its end
		body, err := io.ReadAll(res.Body)
		if err != nil || (res.StatusCode == http.StatusOK) != (string(body) == "ann") {
			t.Errorf("%d, %v: %s", res.StatusCode, err, body)
		}
		return res.StatusCode
	}
}

// beside lets 50 clients bring each of some tokens, wants one status for them all, and
// returns how long requests with a good token took in between, in 99 of 100 cases.
func beside(t *testing.T, ask func(string) int, good string, tokens []string, want int) time.Duration {
	t.Helper()
	work := make(chan string)
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for token := range work {
				if status := ask(token); status != want {
					t.Errorf("%d, want %d", status, want)
				}
				begun := time.Now()
				if status := ask(good); status != http.StatusOK {
					t.Errorf("a good token: %d", status)
				}
				mu.Lock()
				took = append(took, time.Since(begun))
				mu.Unlock()
			}
		})
	}
	for _, token := range tokens {
		work <- token
	}
	close(work)
	wg.Wait()
	slices.Sort(took)
	return took[len(took)*99/100]
}

// randomKeys returns tokens that each name another key.
func randomKeys(t *testing.T, i *issuer, n int) (tokens []string) {
	t.Helper()
	for range n {
		tokens = append(tokens, i.token(t, rand.Text()))
	}
	return tokens
}

// TestA5OverSockets is case A-5 against a served application: whoever makes keys up does
// not make it ask the issuer more than once in a cooldown, and holds up nobody.
func TestA5OverSockets(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Parallel()
		i := newIssuer(t)
		i.publish(t, "first")
		ask := servedIssuer(t, url, i)
		good := i.token(t, "first")
		if status := ask(good); status != http.StatusOK {
			t.Fatal(status)
		}
		for round := range 2 {
			i.late.Add(int64(time.Minute))
			p99 := beside(t, ask, good, randomKeys(t, i, 500), http.StatusUnauthorized)
			if n := i.asked.Load(); n != int64(round+2) {
				t.Errorf("round %d: the issuer was asked %d times, want %d", round, n, round+2)
			}
			if p99 > 2*time.Second {
				t.Errorf("one good token in a hundred takes %s", p99)
			}
			t.Logf("good tokens among them: p99 %s", p99)
		}
		i.publish(t, "first", "second")
		fresh := i.token(t, "second")
		if status := ask(fresh); status != http.StatusUnauthorized {
			t.Errorf("a new key within the cooldown: %d", status)
		}
		i.late.Add(int64(31 * time.Second))
		// It was looked for in vain, so it gives no reason to ask; another one does.
		if status := ask(i.token(t, "third")); status != http.StatusUnauthorized {
			t.Errorf("a key that is nowhere: %d", status)
		}
		if status := ask(fresh); status != http.StatusOK {
			t.Errorf("a new key after the cooldown: %d", status)
		}
		if n := i.asked.Load(); n != 4 {
			t.Errorf("the issuer was asked %d times, want 4", n)
		}
	})
}

// TestA5Latency: requests with good tokens take less than twice as long beside tokens
// of random keys as beside good ones. PLINTH_TEST_LONG=1 judges that.
func TestA5Latency(t *testing.T) {
	programtest.SkipShort(t)
	i := newIssuer(t)
	i.publish(t, "first")
	ask := servedIssuer(t, t.TempDir()+"/app.db", i)
	good := i.token(t, "first")
	var ratios []float64
	for range 7 {
		i.late.Add(int64(time.Minute))
		base := beside(t, ask, good, slices.Repeat([]string{good}, 1000), http.StatusOK)
		attacked := beside(t, ask, good, randomKeys(t, i, 1000), http.StatusUnauthorized)
		t.Logf("p99 %s, beside random keys %s", base, attacked)
		ratios = append(ratios, float64(attacked)/float64(base))
	}
	slices.Sort(ratios)
	if middle := ratios[len(ratios)/2]; middle >= 2 {
		t.Errorf("%.2f times as long", middle)
	}
}

// TestA6OverSockets is case A-6 against a served application: whatever a peer writes into
// headers and body, its guesses of one account's password end; from elsewhere the owner
// logs in. Without a proxy a peer is its address, behind one what that says.
func TestA6OverSockets(t *testing.T) {
	t.Parallel()
	const proxy, attacker, owner = "127.0.0.1", "198.51.100.1", "198.51.100.2"
	for name, tt := range map[string]guesses{
		"directly":       {from: "127.0.0.1", to: "127.0.0.2"},
		"behind a proxy": {[]netip.Prefix{netip.MustParsePrefix(proxy + "/32")}, proxy, proxy, attacker, owner},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, url string) {
				t.Parallel()
				tt.test(t, url)
			})
		})
	}
}

// guesses come from somewhere else than the owner of the account does.
type guesses struct {
	proxies      []netip.Prefix
	from, to     string // local addresses of the attacker's connections and of the owner's
	fromXF, toXF string // what the proxy adds to X-Forwarded-For
}

func (g guesses) test(t *testing.T, url string) {
	t.Helper()
	s := newSite(t, url, func(c *plinth.Config) { c.TrustedProxies = g.proxies })
	refusedAt := 0
	for i := range 200 {
		h := forged(i, g.fromXF)
		h.Set("Apikey", s.publishable)
		mail := []string{"ann@example.org", "Ann@Example.org", "ann@example.org ", "ANN@EXAMPLE.ORG"}[i%4]
		body := fmt.Sprintf(`{"email":%q,"password":"wrong %d","n%d":%d}`, mail, i, i, i)
		status, retry := logIn(t, g.from, s.addr, h, body)
		switch wait, err := strconv.Atoi(retry); {
		case status == http.StatusTooManyRequests && err == nil && wait > 0:
			if refusedAt == 0 {
				refusedAt = i + 1
			}
		case status != http.StatusBadRequest || refusedAt != 0:
			t.Fatalf("guess %d: %d, Retry-After %q, the first refusal was at %d", i+1, status, retry, refusedAt)
		}
	}
	if refusedAt == 0 || refusedAt > 20 {
		t.Errorf("the first refusal is at guess %d, want at most 20", refusedAt)
	}
	h := http.Header{"Apikey": {s.publishable}, "Content-Type": {"application/json"}}
	if g.toXF != "" {
		h.Set("X-Forwarded-For", g.toXF)
	}
	if status, _ := logIn(t, g.to, s.addr, h, ann); status != http.StatusOK {
		t.Errorf("the owner, from elsewhere: %d", status)
	}
}

// forged are headers in which a client claims to be somebody else each time. A proxy
// would add the last address of X-Forwarded-For.
func forged(i int, added string) http.Header {
	claimed := fmt.Sprintf("203.0.113.%d", i)
	h := http.Header{"Content-Type": {"application/json"}}
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip"} {
		h.Set(name, claimed)
	}
	h.Set("Forwarded", "for="+claimed)
	if added != "" {
		h.Set("X-Forwarded-For", claimed+", "+added)
	}
	return h
}

// logIn tries a password by a connection from a local address.
func logIn(t *testing.T, local, addr string, header http.Header, body string) (status int, retry string) {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: 20 * time.Second}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/auth/v1/token?grant_type=password", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // not read
	return res.StatusCode, res.Header.Get("Retry-After")
}
