package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// run runs an operation within a time and judges how it went. A caller
// that has gone away is no trouble of the server's.
func (s *session) run(ctx context.Context, what string, timeout time.Duration, operation func(ctx context.Context) error) error {
	if s.ended.Load() {
		return unavailable(errEnded)
	}
	inner, cancel := context.WithTimeout(ctx, timeout)
	err := operation(inner)
	cancel()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	s.failed(err)
	if err != nil {
		return fmt.Errorf("redis: %s: %w", what, err)
	}
	if s.ended.Load() {
		// The answer may be older than the end.
		return unavailable(errEnded)
	}
	return nil
}

// get returns what is kept under a name and for how long. It is "" where nothing is.
func (s *session) get(ctx context.Context, name string) (data string, ttl time.Duration, err error) {
	err = s.run(ctx, "get", s.client.opts.Timeout, func(ctx context.Context) error {
		b := s.conn.B()
		answers := s.conn.DoMulti(ctx, b.Get().Key(name).Build(), b.Pttl().Key(name).Build())
		text, err := answers[0].ToString()
		if rueidis.IsRedisNil(err) {
			return nil
		}
		if err != nil {
			return garbled(err)
		}
		left, err := answers[1].ToInt64()
		if err != nil {
			return garbled(err)
		}
		if left > 0 {
			data, ttl = text, time.Duration(left)*time.Millisecond
		}
		return nil
	})
	return data, ttl, err
}

// garbled turns an answer of a kind that was not asked for into garbage.
func garbled(err error) error {
	if _, answer := rueidis.IsRedisErr(err); answer || !rueidis.IsParseErr(err) {
		return err
	}
	return fmt.Errorf("%w: %w", errGarbage, err)
}

// epochScript runs one of the scripts that begin with checkEpoch.
func (s *session) epochScript(ctx context.Context, script *rueidis.Lua, key string, args ...string) (status string, reading uint64, err error) {
	keys := []string{s.rootKey(), s.heapKey()}
	if key != "" {
		keys = append(keys, key)
	}
	status, value, err := s.script(ctx, script, keys, append([]string{s.epoch, life}, args...)...)
	if err != nil {
		return "", 0, err
	}
	if status == statusGone {
		return "", 0, errGone
	}
	if reading, err = strconv.ParseUint(value, 10, 64); err != nil || reading == 0 {
		return "", 0, errGarbage
	}
	return status, reading, nil
}

// set keeps a record. since is a reading of the clock, or 0; the first stripe is the
// key's.
func (s *session) set(ctx context.Context, name, record string, ttl time.Duration, since uint64, stripes []uint16) (status string, reading uint64, err error) {
	err = s.run(ctx, "set", s.client.opts.Timeout, func(ctx context.Context) error {
		args := append([]string{s.client.channel, strconv.FormatUint(since, 10), milliseconds(ttl), record}, stripeNames(stripes)...)
		status, reading, err = s.epochScript(ctx, scriptSet, name, args...)
		return err
	})
	return status, reading, err
}

// forgetTimes is how many times the timeout of other operations forgetting has, since
// the session ends where it fails.
const forgetTimes = 5

// forget forgets stripes, and the value of a name if there is one.
func (s *session) forget(ctx context.Context, name string, stripes []uint16) error {
	return s.run(ctx, "forget", forgetTimes*s.client.opts.Timeout, func(ctx context.Context) error {
		_, reading, err := s.epochScript(ctx, scriptForget, name, append([]string{s.client.channel}, stripeNames(stripes)...)...)
		if _, answer := rueidis.IsRedisErr(err); answer {
			// Where there is no room to remember it, everything is forgotten.
			err = s.conn.Do(ctx, s.conn.B().Del().Key(s.rootKey()).Build()).Error()
			return errors.Join(errGone, err)
		}
		if err != nil {
			return err
		}
		for _, stripe := range stripes {
			s.mirror.forget(stripe, reading)
		}
		return nil
	})
}

// pay sends invalidations that could not be sent before.
func (s *session) pay(ctx context.Context, debts map[uint16]struct{}) error {
	stripes := make([]uint16, 0, len(debts))
	for stripe := range debts {
		stripes = append(stripes, stripe)
	}
	for part := range slices.Chunk(stripes, tagsAtMost) {
		if err := s.forget(ctx, "", part); err != nil {
			return err
		}
	}
	return nil
}

func stripeNames(stripes []uint16) []string {
	names := make([]string, len(stripes))
	for i, stripe := range stripes {
		names[i] = strconv.Itoa(int(stripe))
	}
	return names
}

// forget invalidates stripes in all processes. If Redis cannot be reached, the stripes are
// recorded, and this process serves nothing until they are sent.
func (c *Client) forget(ctx context.Context, stripes []uint16, name func(*session) string) error {
	ctx = context.WithoutCancel(ctx) // half a purge is none
	debts := make(map[uint16]struct{}, len(stripes))
	for _, stripe := range stripes {
		debts[stripe] = struct{}{}
	}
	s, err := c.session(ctx)
	if err == nil {
		if err = s.forget(ctx, name(s), stripes); err == nil {
			return nil
		}
	}
	c.owe(debts)
	if s := c.current.Load(); s != nil {
		s.end(err)
	}
	if !errors.Is(err, errGone) {
		return err
	}
	// The next session begins with telling it.
	if _, again := c.session(ctx); again != nil {
		return err
	}
	return nil
}
