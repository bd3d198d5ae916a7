package deploy_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// Keys of the application's clients in tests.
const (
	publishable = "sb_publishable_of_these_tests_0123456789"
	secret      = "sb_secret_of_these_tests_0123456789abcdef"
	jwtSecret   = "the secret of another issuer, for tests"
)

// token returns a access token of the other issuer (RFC 9068) for a user.
func token(user store.ID) string {
	claims := fmt.Sprintf(`{"iss":"https://issuer.example","aud":"notes","sub":%q,"role":"authenticated","exp":%d}`, user, time.Now().Add(time.Hour).Unix())
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"at+jwt"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, []byte(jwtSecret))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// buildApp builds the application as its image does.
var buildApp = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "plinth-deploy-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "app")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./app")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// app returns the application's program.
func app(t *testing.T) string {
	t.Helper()
	file, err := buildApp()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// production is an environment outside development.
func production(database string) []string {
	return []string{
		"PLINTH_DATABASE_URL=" + database, "PLINTH_PUBLIC_URL=https://notes.example", "PLINTH_TRUSTED_PROXIES=127.0.0.1",
		"PLINTH_PUBLISHABLE_KEYS=" + publishable, "PLINTH_SECRET_KEYS=" + secret,
		"PLINTH_MASTER_KEYS=" + strings.Repeat("0123456789abcdef", 4),
		"PLINTH_LOG=json", "PLINTH_RATE_ADDRESS=off", "PLINTH_RATE_CALLER=off", // all clients are one here
		"PLINTH_JWT_SECRET=" + jwtSecret, "PLINTH_JWT_ISSUER=https://issuer.example", "PLINTH_JWT_AUDIENCE=notes",
	}
}

// runApp runs a command of the application and returns what it wrote.
func runApp(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), app(t), args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// startApp starts the application and returns the address of its clients.
func startApp(t *testing.T, env []string) (process *programtest.Process, addr string) {
	t.Helper()
	process, addrs := programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		return programtest.Start(t, append(slices.Clone(env), "PLINTH_ADDR="+addrs[0]), app(t))
	})
	return process, addrs[0]
}

// startWithOperators starts the application with an address for operators too.
func startWithOperators(t *testing.T, env []string) (public, operators string) {
	t.Helper()
	_, addrs := programtest.Serve(t, 2, func(addrs []string) *programtest.Process {
		return programtest.Start(t, append(slices.Clone(env), "PLINTH_ADDR="+addrs[0], "PLINTH_OPS_ADDR="+addrs[1]), app(t))
	})
	return addrs[0], addrs[1]
}

// TestDrain ends instances behind each balancer, while clients read and write: none of
// them sees a request fail, and what was acknowledged is kept. With a balancer that asks,
// each instance is ended in its turn and started again. In the long form that is done 20
// times, with half of the requests that are answered at most.
func TestDrain(t *testing.T) {
	if !programtest.Long() {
		t.Parallel()
	}
	for _, kind := range balancers {
		t.Run(kind.name, func(t *testing.T) {
			if !programtest.Long() {
				t.Parallel()
			}
			env := production(pgtest.URL(t))
			if out, err := runApp(t, env, "migrate", "up"); err != nil {
				t.Fatalf("migrate up: %v\n%s", err, out)
			}
			two := [2]*instance{startInstance(t, env), startInstance(t, env)}
			b := kind.start(t, two[0].addr, two[1].addr)
			awaitNotes(t, b)
			g := newGenerator(t, b)
			rate, rounds := 200.0, 2
			var before []outcome
			if programtest.Long() && b.asks {
				rounds = 20
				rate, before = g.halfOfCapacity(t)
			}
			during := g.offer(t, rate, func() {
				time.Sleep(time.Second)
				if !b.asks {
					b.takeOut()
					two[0].end(t)
					return
				}
				for i := range rounds {
					if i > 0 {
						time.Sleep(3 * time.Second) // until the balancer trusts the one that was started again
					}
					two[i%2].end(t)
					two[i%2].begin(t)
				}
				time.Sleep(time.Second)
			})
			t.Logf("%d requests at %.0f a second, 99 of 100 sent within %s; half answered within %s, 99 of 100 within %s, all within %s", len(during), rate,
				quantile(during, 0.99, late), quantile(during, 0.5, took), quantile(during, 0.99, took), quantile(during, 1, took))
			t.Logf("the longest drain took %s", max(two[0].longest, two[1].longest).Round(time.Millisecond))
			g.judge(t, before, during)
		})
	}
}

// halfOfCapacity measures how many requests in a second are answered at most, and returns
// half of it.
func (g *generator) halfOfCapacity(t *testing.T) (rate float64, all []outcome) {
	t.Helper()
	_, first := g.closedLoop(2 * time.Second) // connections and caches
	capacity, measured := g.closedLoop(8 * time.Second)
	p99 := quantile(measured, 0.99, took)
	t.Logf("capacity %.0f a second; half answered within %s, 99 of 100 within %s", capacity, quantile(measured, 0.5, took), p99)
	if p99 > 500*time.Millisecond {
		t.Errorf("99 of 100 answered within %s, which is more than the capacity", p99)
	}
	return capacity / 2, append(first, measured...)
}

// judge holds what became of requests against what it should have: before, as many as could
// be served were sent, and during the drains, when none may fail.
func (g *generator) judge(t *testing.T, before, during []outcome) {
	t.Helper()
	all := slices.Concat(before, during)
	full, failed, sent, acknowledged := 0, 0, 0, 0
	for i, o := range all {
		if o.write {
			sent++
		}
		switch {
		case i < len(before) && refused(o.err):
			full++
		case o.err != nil:
			if failed++; failed <= 10 {
				t.Error(o.err)
			}
		case o.write:
			acknowledged++
		}
	}
	kept := g.kept(t)
	t.Logf("%d reads and %d writes, %d refused at the capacity, %d failed; %d writes acknowledged, %d notes kept", len(all)-sent, sent, full, failed, acknowledged, kept)
	if failed > 0 {
		t.Errorf("%d requests failed", failed)
	}
	if kept < acknowledged || kept > sent {
		t.Errorf("%d notes of %d that were acknowledged and %d that were sent", kept, acknowledged, sent)
	}
	if len(all)-sent < 100 || sent < 100 {
		t.Errorf("only %d reads and %d writes, which prove little", len(all)-sent, sent)
	}
}

// instance is one of several servers of the application, at an address that stays.
type instance struct {
	addr    string
	env     []string
	process *programtest.Process
	longest time.Duration // that it took to end
}

func startInstance(t *testing.T, env []string) *instance {
	t.Helper()
	i := &instance{}
	i.process, _ = programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		// Two checks and the time of one; 5 seconds is for slower balancers.
		i.addr, i.env = addrs[0], append(slices.Clone(env), "PLINTH_ADDR="+addrs[0], "PLINTH_DRAIN_DELAY=3s")
		return programtest.Start(t, i.env, app(t))
	})
	return i
}

func (i *instance) begin(t *testing.T) {
	t.Helper()
	i.process = programtest.Start(t, i.env, app(t))
	programtest.Await(t, i.addr)
}

// end sends SIGTERM and waits.
func (i *instance) end(t *testing.T) {
	t.Helper()
	begun := time.Now()
	if err := i.process.Stop(); err != nil {
		t.Errorf("an instance ended with %v", err)
	}
	took := time.Since(begun)
	if took > 10*time.Second { // the delay and what comes after it
		t.Errorf("an instance took %s to end", took)
	}
	i.longest = max(i.longest, took)
}

// awaitNotes waits until the application answers through a balancer.
func awaitNotes(t *testing.T, b *balancer) {
	t.Helper()
	programtest.Until(t, 20*time.Second, "the application answers through the balancer", func() bool {
		status, _, _, err := b.ask(t.Context(), http.MethodGet, "/rest/v1/notes?limit=1", http.Header{"Apikey": {secret}})
		return err == nil && status == http.StatusOK
	})
}
