package oidc

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

const (
	metadataAge   = time.Hour
	metadataStale = 24 * time.Hour

	// metadataRest is the least time between two requests for metadata. A provider
	// that is down is asked once in it, however many want to log in.
	metadataRest = 5 * time.Second
)

// discovery caches the metadata of a provider. They are fetched at first use, refreshed in the
// background, and used for a day if the provider does not answer.
type discovery struct {
	cfg    *Config
	client *outbound.Client

	mu      sync.Mutex
	current *metadata
	fetched time.Time     // when current was
	tried   time.Time     // when it was last asked for
	err     error         // of that
	flight  chan struct{} // closed when the request under way has ended
}

func newDiscovery(cfg *Config, client *outbound.Client) *discovery {
	return &discovery{cfg: cfg, client: client}
}

// get returns the metadata. It waits for the provider only without usable metadata, and until
// ctx ends.
func (d *discovery) get(ctx context.Context) (*metadata, error) {
	d.mu.Lock()
	current := d.usable()
	var flight chan struct{}
	if current == nil || d.cfg.Now().Sub(d.fetched) >= metadataAge {
		flight = d.ask()
	}
	d.mu.Unlock()
	if current != nil {
		return current, nil
	}
	if flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, unavailable("metadata", ctx.Err())
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if current = d.usable(); current == nil {
		return nil, unavailable("metadata", cmp.Or(d.err, errNoAnswer))
	}
	return current, nil
}

var errNoAnswer = errors.New("the provider has not answered")

// usable returns the metadata there is unless it is too old.
func (d *discovery) usable() *metadata {
	if d.current != nil && d.cfg.Now().Sub(d.fetched) >= metadataAge+metadataStale {
		d.current = nil
	}
	return d.current
}

// ask starts a request unless one is in flight or the last one was just now. It returns the
// channel that is closed at its end, nil without a request.
func (d *discovery) ask() chan struct{} {
	if d.flight == nil && d.cfg.Now().Sub(d.tried) >= metadataRest {
		d.tried, d.flight = d.cfg.Now(), make(chan struct{})
		go d.fetch(d.flight, d.current)
	}
	return d.flight
}

// fetch requests the metadata. It has its own context, since several logins may wait for it.
func (d *discovery) fetch(flight chan struct{}, before *metadata) {
	defer close(flight)
	m, err := d.download(before)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flight, d.err = nil, err
	if err == nil {
		d.current, d.fetched = m, d.cfg.Now()
	}
}

// keySource has the keys of a provider that may not have been asked yet.
type keySource struct{ discovery *discovery }

// Key implements [jwt.KeySource].
func (s keySource) Key(ctx context.Context, id string) (key jwt.Key, found bool, err error) {
	m, err := s.discovery.get(ctx)
	if err != nil {
		return jwt.Key{}, false, err
	}
	return m.keys.Key(ctx, id)
}
