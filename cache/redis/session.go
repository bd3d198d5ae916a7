package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// session is one connection to one run of one server, with the state read from it. It ends
// when the server may have changed or lost data. Its state is then discarded.
type session struct {
	client *Client
	conn   rueidis.Client
	wire   atomic.Pointer[guard]

	number uint64 // of this session in this process
	server string // which run of which server this is
	epoch  string
	heard  atomic.Pointer[string] // the epoch, once messages of it are listened to
	mirror mirror

	began    time.Time
	ended    atomic.Bool
	failures atomic.Int32  // in a row
	nonce    atomic.Uint64 // of the last script
}

// failuresAtMost is how many operations may fail in a row before the session ends.
const failuresAtMost = 3

func (s *session) rootKey() string { return s.client.prefix + ":" + s.server }
func (s *session) heapKey() string { return s.client.prefix + ":" + s.epoch + ":h" }

// begin prepares the session: it identifies the server, finds the epoch and loads the
// mirror. It subscribes before it loads the mirror, so that no invalidation is missed.
func (s *session) begin(ctx context.Context) error {
	if err := s.identify(ctx); err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	if err := s.findEpoch(ctx); err != nil {
		return err
	}
	return s.readMirror(ctx)
}

// identify learns the run: which process this is and for how long it has been the
// one that is written to. A server that is promoted again after it was a replica goes
// on as the same process but has a new replication id.
func (s *session) identify(ctx context.Context) error {
	b := s.conn.B()
	answers := s.conn.DoMulti(ctx, b.ClientTracking().On().Optin().Build(), b.Info().Section("server").Build(), b.Info().Section("replication").Build())
	if err := answers[0].Error(); err != nil {
		return fmt.Errorf("client tracking, which takes Redis 6 or newer: %w", err)
	}
	server, err := answers[1].ToString()
	if err != nil {
		return err
	}
	replication, err := answers[2].ToString()
	if err != nil {
		return err
	}
	process, history, role := infoField(server, "run_id"), infoField(replication, "master_replid"), infoField(replication, "role")
	if process == "" || history == "" {
		return errors.New("the server does not say who it is")
	}
	if role != "master" {
		return fmt.Errorf("the server is a %s", role)
	}
	s.server = process + "." + history
	return nil
}

// infoField returns a field of an answer to INFO.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if field, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && field == name {
			return value
		}
	}
	return ""
}

// listen subscribes to what is forgotten and waits until that is confirmed.
func (s *session) listen(ctx context.Context) error {
	confirmed, failed := make(chan struct{}), make(chan error, 1)
	var once atomic.Bool
	hook := rueidis.WithOnSubscriptionHook(context.Background(), func(rueidis.PubSubSubscription) {
		if !once.Swap(true) {
			close(confirmed)
		}
	})
	// Ends with the connection.
	s.client.work.Go(func() {
		failed <- s.conn.Receive(hook, s.conn.B().Subscribe().Channel(s.client.channel).Build(), func(m rueidis.PubSubMessage) {
			s.hear(m.Message)
		})
	})
	select {
	case <-confirmed:
		return nil
	case err := <-failed:
		return fmt.Errorf("subscribe: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear takes what was forgotten. What is said before the session knows its epoch is in
// the heap when it reads that. A message of another epoch is one that a master sends to
// its replicas: the server is not what it was, though it has not closed the connection.
func (s *session) hear(message string) {
	if epoch := s.heard.Load(); epoch != nil && !s.mirror.hear(*epoch, message) {
		s.end(errGone)
	}
}

// findEpoch finds or begins the epoch and tracks its root key, so that the server reports
// its end.
func (s *session) findEpoch(ctx context.Context) error {
	_, epoch, err := s.script(ctx, scriptBegin, []string{s.rootKey()}, rand.Text(), s.client.prefix, life)
	if err != nil {
		return err
	}
	s.epoch = epoch
	s.heard.Store(&epoch)
	b := s.conn.B()
	answers := s.conn.DoMulti(ctx, b.ClientCaching().Yes().Build(), b.Get().Key(s.rootKey()).Build())
	if err := answers[0].Error(); err != nil {
		return err
	}
	if now, err := answers[1].ToString(); err != nil || now != epoch {
		return errors.Join(errGone, err)
	}
	return nil
}

// readMirror learns what was forgotten in this epoch.
func (s *session) readMirror(ctx context.Context) error {
	heap, err := s.conn.Do(ctx, s.conn.B().Hgetall().Key(s.heapKey()).Build()).AsIntMap()
	if err != nil {
		return err
	}
	if heap["c"] < 1 {
		return errGone
	}
	for name, reading := range heap {
		if name == "c" {
			raise(&s.mirror.clock, uint64(reading))
		} else if stripe, err := strconv.ParseUint(name, 10, 16); err == nil {
			s.mirror.forget(uint16(stripe), uint64(reading))
		}
	}
	return nil
}

// quick reports whether the server answers as fast as operations need it.
func (s *session) quick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.client.opts.Timeout)
	defer cancel()
	return s.conn.Do(ctx, s.conn.B().Ping().Build()).Error()
}

// script runs a script and returns its status and what it says besides.
func (s *session) script(ctx context.Context, script *rueidis.Lua, keys []string, args ...string) (status, value string, err error) {
	nonce := strconv.FormatUint(s.nonce.Add(1), 36)
	answer, err := script.Exec(ctx, s.conn, keys, append([]string{nonce}, args...)).ToArray()
	if err != nil {
		return "", "", err
	}
	if len(answer) < 3 {
		return "", "", errGarbage
	}
	if of, err := answer[0].ToString(); err != nil || of != nonce {
		return "", "", errGarbage
	}
	if status, err = answer[1].ToString(); err != nil {
		return "", "", errGarbage
	}
	if answer[2].IsInt64() {
		n, _ := answer[2].ToInt64()
		return status, strconv.FormatInt(n, 10), nil
	}
	if value, err = answer[2].ToString(); err != nil {
		return "", "", errGarbage
	}
	return status, value, nil
}
