package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	attempts       = 5
	attemptTimeout = time.Minute
	maxPause       = 30 * time.Second
)

// client sends rows to a server.
type client struct {
	base  string // address with the path of the REST API, without a slash at the end
	key   string
	http  *http.Client
	pause time.Duration // before the second attempt; it doubles with each
}

func newClient(address, key string) (*client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("atlas: -url %q is not a URL such as http://127.0.0.1:8090", address)
	}
	return &client{
		base: strings.TrimRight(address, "/") + "/rest/v1", key: key,
		http:  &http.Client{Timeout: attemptTimeout},
		pause: 500 * time.Millisecond,
	}, nil
}

// upsert writes rows; one with the key of another that exists replaces it. It
// tries again where the server cannot be reached or asks for patience.
func (c *client) upsert(ctx context.Context, table, key string, rows []any) error {
	body, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	address := c.base + "/" + table + "?on_conflict=" + url.QueryEscape(key)
	pause := c.pause
	for attempt := 1; ; attempt++ {
		err := c.post(ctx, address, body)
		var again *temporaryError
		if err == nil || attempt == attempts || ctx.Err() != nil || !errors.As(err, &again) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(min(max(pause, again.after), maxPause)):
		}
		pause *= 2
	}
}

// temporaryError is a failure that may pass.
type temporaryError struct {
	err   error
	after time.Duration // what the server asks for
}

func (e *temporaryError) Error() string { return e.err.Error() }
func (e *temporaryError) Unwrap() error { return e.err }

func (c *client) post(ctx context.Context, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body)) // the user says where
	if err != nil {
		return err
	}
	req.Header.Set("Apikey", c.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Prefer", "resolution=merge-duplicates,return=minimal")
	resp, err := c.http.Do(req) // the user says where
	if err != nil {
		return &temporaryError{err: err}
	}
	defer resp.Body.Close()
	// 200 where every row replaced one.
	if resp.StatusCode == http.StatusCreated || resp.StatusCode == http.StatusOK {
		return nil
	}
	err = answerError(resp)
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &temporaryError{err: err, after: time.Duration(seconds) * time.Second}
	}
	return err
}

// answerError says what an answer that is no success says, in one line.
func answerError(resp *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("%s: %w", resp.Status, err)
	}
	var problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Details string `json:"details"`
		Hint    string `json:"hint"`
	}
	if err := json.Unmarshal(raw, &problem); err != nil || problem.Message == "" {
		return fmt.Errorf("%s: %.200q", resp.Status, raw)
	}
	text := resp.Status + ": " + problem.Code + " " + problem.Message
	if problem.Details != "" {
		text += " (" + problem.Details + ")"
	}
	if problem.Hint != "" {
		text += " (" + problem.Hint + ")"
	}
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		text += ": is this the server's secret key?"
	}
	return errors.New(text)
}
