package served_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// serverVariable makes a process of the tests the server, on the database it names.
const serverVariable = "PLINTH_TEST_SERVER"

const (
	publishable = "sb_publishable_of_these_tests_0123456789"
	password    = "correct horse battery staple"
	notes       = 1000 // of 5 KiB: a list of them has 5 MB
	users       = 20
)

func TestMain(m *testing.M) {
	if file := os.Getenv(serverVariable); file != "" {
		if err := serve(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	leaktest.Main(m)
}

// Note is what everybody may read.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	ID            string `bun:",pk"`
	Text          string `bun:",notnull"`
}

// noteID is the argument of a function.
type noteID struct {
	ID string `json:"id"`
}

// Mark is what users may change.
type Mark struct {
	bun.BaseModel `bun:"table:marks"`
	ID            string `bun:",pk"`
	Seen          bool   `bun:",notnull"`
}

// application returns one that serves notes and marks, and a function that computes.
func application(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	app.Add(api.Resource[Note]{Policy: api.Policy{Read: api.Anyone()}},
		api.ReadFunc("digest", api.Anyone(), func(ctx context.Context, tx *store.Tx, in noteID) (string, error) {
			note, err := store.For[Note](tx).Get(ctx, in.ID)
			if err != nil {
				return "", err
			}
			sum := sha256.New()
			for range 100 { // a millisecond or so
				_, _ = io.WriteString(sum, note.Text)
			}
			return hex.EncodeToString(sum.Sum(nil)), nil
		}))
	app.Add(api.Resource[Shelf]{Policy: api.Policy{Read: api.Anyone()}}, api.Resource[Book]{Policy: api.Policy{Read: api.Anyone()}})
	app.Add(api.Resource[Mark]{Policy: api.Policy{Read: api.SignedIn(), Update: api.SignedIn()}})
	return app, nil
}

// prepare fills a database. Only development makes tables from structs.
func prepare(ctx context.Context, file string) error {
	app, err := application(ctx, plinth.Config{
		DatabaseURL: file, Logger: slog.New(slog.DiscardHandler), Accounts: accounts.Config{MasterKeys: masterKeys()},
	})
	if err != nil {
		return err
	}
	defer app.DB().Close() // everything is committed
	if _, err := app.Handler(ctx); err != nil {
		return err
	}
	for i := range users {
		if _, err := app.Accounts().CreateUser(ctx, accounts.NewUser{Email: email(i), EmailConfirmed: true, Password: password}); err != nil {
			return err
		}
		if err := store.For[Mark](app.DB()).Insert(ctx, &Mark{ID: fmt.Sprint("m", i)}); err != nil {
			return err
		}
	}
	for i := range notes {
		if err := store.For[Note](app.DB()).Insert(ctx, &Note{ID: fmt.Sprint("n", i), Text: strings.Repeat("x", 5<<10)}); err != nil {
			return err
		}
	}
	for _, text := range library() {
		if _, err := app.DB().Bun().DB.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func email(i int) string { return fmt.Sprintf("user%d@example.test", i) }

func masterKeys() [][]byte { return [][]byte{[]byte("qX7vB2mK9tR4wZ8cN1pL6sD3fG5hJ0yA")} }

// serve is the server: it serves until its input ends. All that is not said here has the
// defaults of production. The tests stand in for a proxy, so that they can be many clients.
func serve(file string) error {
	if err := prepare(context.Background(), file); err != nil {
		return err
	}
	config := plinth.FromEnv()
	config.DatabaseURL, config.PublicURL = file, "https://notes.example"
	config.Listen = programtest.HandOver
	config.Keys = auth.Keys{Publishable: []string{publishable}}
	config.Accounts.MasterKeys = masterKeys()
	config.DrainDelay = -1
	app, err := application(context.Background(), config)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return app.Run(ctx)
}

// site is a server.
type site struct {
	address string
	pid     int
}

// start starts a server until t ends.
func start(t *testing.T, env ...string) *site {
	t.Helper()
	return startBy(t, nil, env...)
}

// engines runs a test with a server on each kind of database.
func engines(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, start(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, start(t, serverVariable+"="+pgtest.URL(t))) })
}

// startBy starts a server by a command that runs another.
func startBy(t *testing.T, command []string, env ...string) *site {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	logs, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{address: programtest.Listen(t)}
	command = append(command, path)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(append(os.Environ(), serverVariable+"="+filepath.Join(dir, "a.db"), "PLINTH_ADDR="+s.address, "PLINTH_TRUSTED_PROXIES=127.0.0.1"), env...)
	programtest.Inherit(t, cmd, s.address)
	cmd.Stderr = logs
	in, err := cmd.StdinPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = in.Close()
		if err := errors.Join(cmd.Wait(), logs.Close()); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if text, err := os.ReadFile(logs.Name()); t.Failed() && err == nil {
			t.Logf("the server says last:\n%s", text[max(0, len(text)-4<<10):])
		}
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	res, err := client.Get("http://" + s.address + "/readyz") // which waits for the server
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return s
}

// descriptors is how many files the server has open.
func (s *site) descriptors(t *testing.T) int {
	t.Helper()
	return len(s.open(t))
}

// sockets returns how many descriptors of the server are sockets. Its database is a file, whose
// connections come and go.
func (s *site) sockets(t *testing.T) int {
	t.Helper()
	n := 0
	for _, link := range s.open(t) {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

// open returns a link for each descriptor of the server.
func (s *site) open(t *testing.T) (links []string) {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", s.pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		links = append(links, filepath.Join(folder, e.Name()))
	}
	return links
}
