package deploy_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/programtest"
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

// TestDrain ends instances behind each balancer, while clients read and write: none of
// them sees a request fail. With a balancer that asks, each instance is ended in its turn
// and started again; 20 of them in the long form.
func TestDrain(t *testing.T) {
	t.Parallel()
	for _, kind := range balancers {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			env := production(pgtest.URL(t))
			if out, err := runApp(t, env, "migrate", "up"); err != nil {
				t.Fatalf("migrate up: %v\n%s", err, out)
			}
			two := [2]*instance{startInstance(t, env), startInstance(t, env)}
			b := kind.start(t, two[0].addr, two[1].addr)
			awaitNotes(t, b)
			load(t, b, func() {
				time.Sleep(time.Second)
				if !b.asks {
					b.takeOut()
					two[0].end(t)
					return
				}
				for i := range rounds() {
					if i > 0 {
						time.Sleep(3 * time.Second) // until the balancer trusts the one that was started again
					}
					two[i%2].end(t)
					two[i%2].begin(t)
				}
				time.Sleep(time.Second)
			})
		})
	}
}

// rounds is how many instances are ended behind a balancer that asks.
func rounds() int {
	if os.Getenv("PLINTH_TEST_LONG") != "" {
		return 20
	}
	return 2
}

// instance is one of several servers of the application, at an address that stays.
type instance struct {
	addr    string
	env     []string
	process *programtest.Process
}

func startInstance(t *testing.T, env []string) *instance {
	t.Helper()
	addr := programtest.FreeAddr(t)
	// Two checks and the time of one; 5 seconds is for slower balancers.
	i := &instance{addr: addr, env: append(slices.Clone(env), "PLINTH_ADDR="+addr, "PLINTH_DRAIN_DELAY=3s")}
	i.begin(t)
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
	if took := time.Since(begun); took > 13*time.Second { // DrainDelay and DrainTimeout
		t.Errorf("an instance took %s to end", took)
	}
}

// awaitNotes waits until the application answers through a balancer.
func awaitNotes(t *testing.T, b *balancer) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		status, _, body, err := b.ask(t.Context(), http.MethodGet, "/rest/v1/notes?limit=1", http.Header{"Apikey": {secret}})
		if err == nil && status == http.StatusOK {
			return
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%d %s, %v", status, body, err)
		}
	}
}

// load lets clients read and write until change has ended.
func load(t *testing.T, b *balancer, change func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clients sync.WaitGroup
	var reads, writes atomic.Int64
	bearer := "Bearer " + token(store.NewID())
	for i := range 4 {
		client := b.client()
		client.Transport.(*http.Transport).DisableKeepAlives = i%2 == 0 || !b.asks // a reload ends them
		clients.Go(func() {
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				for _, one := range []struct {
					method string
					want   int
					count  *atomic.Int64
				}{{http.MethodGet, http.StatusOK, &reads}, {http.MethodPost, http.StatusCreated, &writes}} {
					if err := sendNote(client, b, bearer, one.method, one.want); err != nil {
						t.Error(err)
						return
					}
					one.count.Add(1)
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	begun := time.Now()
	change()
	cancel()
	clients.Wait()
	if reads.Load() < 100 || writes.Load() < 100 {
		t.Errorf("only %d reads and %d writes, which prove little", reads.Load(), writes.Load())
	}
	t.Logf("%d reads, %d writes, %.0f a second", reads.Load(), writes.Load(), float64(reads.Load()+writes.Load())/time.Since(begun).Seconds())
}

// sendNote reads or writes a note.
func sendNote(client *http.Client, b *balancer, bearer, method string, want int) error {
	var body io.Reader = http.NoBody
	if method == http.MethodPost {
		body = strings.NewReader(`{"title":"x","body":""}`)
	}
	// Not the context of the load: the last request ends too.
	r, err := http.NewRequestWithContext(context.Background(), method, "https://"+b.secure+"/rest/v1/notes?limit=1", body)
	if err != nil {
		return err
	}
	r.Host = "notes.example"
	r.Header.Set("Apikey", publishable)
	r.Header.Set("Authorization", bearer)
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
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
