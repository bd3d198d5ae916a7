package redis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache/redis"
)

// TestBadURLs: the error of a URL that cannot be read contains no part of it.
func TestBadURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://user:s3cret@host:x",
		"redis://user:s3cret@[::1",
		"redis://user:s3cret@ho st",
		"redis://user:s3cret%@host",
		"redis://user:s3cret@host/%zz",
		"redis://user:s3cret@host/\n",
		"redis://host/s3cret",
		"redis://host/0/s3cret",
		"redis://user@host/:s3cret@",
		"redis://host?db=s3cret",
		"redis://host?dial_timeout=s3cret",
		"rediss://user:s3cret@host?skip_verify=s3cret",
		"redis://user:s3cret@host?addr=s3cret",
		"redis://user:s3cret@host?client_cache=0",
		"redis://user:s3cret@host?protocol=2",
		"s3cret://host",
		"user:s3cret@host",
	} {
		c, err := redis.NewClient(redis.ClientOptions{URL: url})
		if err == nil {
			c.Close()
			t.Errorf("%q is taken", url)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error of %q is %q", url, err)
		}
	}
}

// TestNextPause: a server that stays away is tried less and less often, but never less than
// every five seconds.
func TestNextPause(t *testing.T) {
	t.Parallel()
	for last, want := range map[time.Duration]time.Duration{
		0: time.Second, time.Second: 2 * time.Second, 2 * time.Second: 4 * time.Second, 4 * time.Second: 5 * time.Second, 5 * time.Second: 5 * time.Second,
	} {
		if got := redis.NextPause(last); got != want {
			t.Errorf("after %s comes %s, want %s", last, got, want)
		}
	}
}
