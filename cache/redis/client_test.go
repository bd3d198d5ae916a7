package redis_test

import (
	"strings"
	"testing"

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
