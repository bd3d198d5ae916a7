package redis

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// LimiterOptions tune a [Limiter].
type LimiterOptions struct {
	// Name identifies a limiter of the client. Limiters of the same name count together,
	// in all processes. It must not contain colons, which terminate it in the keys of
	// Redis.
	//
	// Defaults to "limit".
	Name string
}

// Validate returns an error if Name has colons.
func (o LimiterOptions) Validate() error {
	if strings.Contains(o.Name, ":") {
		return errors.New("redis: the name of a limiter must not have colons")
	}
	return nil
}

// Limiter counts what keys do, for all processes together, by the generic cell rate
// algorithm (ITU-T I.371) and the clock of the server. It is safe for concurrent use.
type Limiter struct {
	client *Client
	name   string
}

// NewLimiter returns a limiter in the Redis of a client, which must not be nil.
func NewLimiter(client *Client, opts LimiterOptions) (*Limiter, error) {
	if client == nil {
		return nil, errors.New("redis: a limiter needs a client")
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return &Limiter{client: client, name: cmp.Or(opts.Name, "limit")}, nil
}

// scriptTake takes one of what a key may do. The key keeps the time, in microseconds,
// at which its burst is whole again, and expires then. A time beyond all bursts is from
// before the server's clock was set back. It returns what is left and, if that is nothing,
// the microseconds to wait.
//
// KEYS key; ARGV microseconds of every, burst
var scriptTake = newScript(`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local every, limit = tonumber(ARGV[1]), tonumber(ARGV[1]) * tonumber(ARGV[2])
local whole = tonumber(redis.call('GET', KEYS[1]) or now)
whole = math.max(now, math.min(whole, now + limit)) + every
if whole - now > limit then
  return {0, whole - now - limit}
end
redis.call('SET', KEYS[1], string.format('%.0f', whole), 'PX', math.ceil((whole - now) / 1000))
return {math.floor((limit - (whole - now)) / every), 0}`)

// Take takes one of the burst things that the key may do at once; another comes back
// whenever every, of at least a microsecond, has passed. If there was one, wait is 0
// and remaining says how many are left. If there was none, wait is how long it takes
// until there is one, and nothing was taken. An error, which comes within the client's
// timeout, says that Redis could not be asked; whether to let pass then is up to the
// caller.
func (l *Limiter) Take(ctx context.Context, key string, every time.Duration, burst int) (remaining int, wait time.Duration, err error) {
	const longest = 366 * 24 * time.Hour
	if every < time.Microsecond || burst <= 0 || every > longest/time.Duration(burst) {
		return 0, 0, errors.New("redis: a limit needs a time of a microsecond or more, a burst above zero, and at most a year for both")
	}
	name := l.client.opts.Prefix + ":r:" + l.name + ":" + key
	err = l.client.do(ctx, "take", l.client.opts.Timeout, func(ctx context.Context, conn rueidis.Client) error {
		args := []string{strconv.FormatInt(every.Microseconds(), 10), strconv.Itoa(burst)}
		answer, err := scriptTake.Exec(ctx, conn, []string{name}, args).AsIntSlice()
		if err == nil && len(answer) != 2 {
			err = errors.New("the answer has another form")
		}
		if err == nil {
			remaining, wait = int(answer[0]), time.Duration(answer[1])*time.Microsecond
		}
		return err
	})
	return remaining, wait, err
}
