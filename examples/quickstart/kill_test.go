package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

const (
	kills   = 20
	writers = 8

	// ready is how soon the program serves again after a kill. Other tests run
	// beside this one, so a few starts of all may take longer.
	ready      = 2 * time.Second
	lateStarts = kills / 10
)

// A server that is killed while it writes loses nothing it acknowledged and
// stores nothing by half: every row has its log row.
func TestKillDuringWrites(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "quickstart")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "kill.db")
		runKills(t, binary, file, func() (*store.DB, error) { return sqlite.Open(t.Context(), file, nil) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Start(t, pgtest.Options{Fsync: true}).URL()
		runKills(t, binary, url, func() (*store.DB, error) { return postgres.Open(t.Context(), url, nil) })
	})
}

// ledger is what the writers know about their writes.
type ledger struct {
	mu             sync.Mutex
	acked, unknown map[string]bool
}

func runKills(t *testing.T, binary, database string, open func() (*store.DB, error)) {
	t.Helper()
	l := &ledger{acked: map[string]bool{}, unknown: map[string]bool{}}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	late := 0
	for round := range kills {
		p, took := startKillable(t, binary, database)
		p.signUp(t, round)
		if round > 0 && took > ready {
			t.Logf("ready %s after a kill", took)
			late++
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() { l.write(t.Context(), p, fmt.Sprintf("%d-%d", round, w), stop) })
		}
		time.Sleep(50*time.Millisecond + time.Duration(random.IntN(700))*time.Millisecond)
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait() // killed
		close(stop)
		wg.Wait()
		checkLedger(t, l, open)
		if t.Failed() {
			return
		}
	}
	if late > lateStarts {
		t.Errorf("%d of %d starts took more than %s", late, kills, ready)
	}
	if len(l.acked) < kills {
		t.Errorf("only %d acknowledged writes over %d kills prove little", len(l.acked), kills)
	}
	t.Logf("%d acknowledged, %d unknown", len(l.acked), len(l.unknown))
}

// write posts notes until the server is gone.
func (l *ledger) write(ctx context.Context, p *killable, name string, stop chan struct{}) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		title := fmt.Sprintf("%s-%d", name, i)
		done, err := p.post(ctx, client, title)
		l.mu.Lock()
		if done {
			l.acked[title] = true
		} else {
			l.unknown[title] = true
		}
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func checkLedger(t *testing.T, l *ledger, open func() (*store.DB, error)) {
	t.Helper()
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // read only
	var notes []*Note
	var logged, keys int
	// One snapshot: the database may still be ending statements of the killed.
	err = db.TxWith(t.Context(), store.TxOptions{ReadOnly: true}, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if notes, err = store.For[Note](tx).List(ctx, store.Query{}); err != nil {
			return err
		}
		row := tx.SQL().QueryRowContext(ctx, "select count(*), count(distinct key) from plinth_changes where tbl = 'notes'")
		return row.Scan(&logged, &keys)
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]bool{}
	for _, n := range notes {
		if stored[n.Title] {
			t.Errorf("%s is stored twice", n.Title)
		}
		stored[n.Title] = true
		if !l.acked[n.Title] && !l.unknown[n.Title] {
			t.Errorf("%s is stored and was never sent", n.Title)
		}
	}
	for title := range l.acked {
		if !stored[title] {
			t.Errorf("%s was acknowledged and is lost", title)
		}
	}
	if logged != len(notes) || keys != len(notes) {
		t.Errorf("%d notes, %d log rows for %d keys", len(notes), logged, keys)
	}
	if db.Capabilities().Engine == "sqlite" {
		var verdict string
		if err := db.Bun().DB.QueryRowContext(t.Context(), "pragma integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("integrity_check: %q, %v", verdict, err)
		}
	}
}

// killable is the program as a process that can be killed.
type killable struct {
	cmd              *exec.Cmd
	base, key, token string
}

var bannerPattern = regexp.MustCompile(`(?s)mode on (\S+)\n.*publishable key\s+(\S+)\n.*curl`)

// startKillable starts the program, waits until it serves, and returns how long
// that took.
func startKillable(t *testing.T, binary, database string) (*killable, time.Duration) {
	t.Helper()
	var out, errs safeBuffer
	p := &killable{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), binary)}
	p.cmd.Env = append(os.Environ(), "PLINTH_ADDR=127.0.0.1:0", "PLINTH_DATABASE_URL="+database)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = t.TempDir(), &out, &errs
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	for time.Since(begun) < 20*time.Second {
		if m := bannerPattern.FindStringSubmatch(out.String()); m != nil {
			p.base, p.key = m[1], m[2]
			if done, err := p.get(t.Context()); err == nil && done {
				return p, time.Since(begun)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not ready after 20 seconds: %s", errs.String())
	return nil, 0
}

// signUp makes the user of a round, who writes.
func (p *killable) signUp(t *testing.T, round int) {
	t.Helper()
	body := fmt.Sprintf(`{"email":"writer-%d@example.org","password":"a good password"}`, round)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.base+"/auth/v1/signup", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Apikey", p.key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	var session struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&session); err != nil || session.Token == "" {
		t.Fatalf("sign up: %d, %v", res.StatusCode, err)
	}
	p.token = session.Token
}

func (p *killable) get(ctx context.Context) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/rest/v1/notes?limit=1", http.NoBody)
	if err != nil {
		return false, err
	}
	return p.do(http.DefaultClient, r, http.StatusOK)
}

func (p *killable) post(ctx context.Context, client *http.Client, title string) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/rest/v1/notes", strings.NewReader(`{"title":"`+title+`"}`))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	return p.do(client, r, http.StatusCreated)
}

// do sends a request and reports whether it was acknowledged: the wanted status,
// read to its end.
func (p *killable) do(client *http.Client, r *http.Request, want int) (bool, error) {
	r.Header.Set("apikey", p.key)
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := client.Do(r)
	if err != nil {
		return false, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode == want && err == nil, errors.Join(err, res.Body.Close())
}

// safeBuffer collects the output of a process while the test looks at it.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
