package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// checkEvery is how long reads rely on the last look at the file. Writes and the probe look
// each time.
const checkEvery = time.Second

// file is the database file as it was opened. A file that was removed or replaced since is
// open and writable, and what is written to it is lost with the process.
type file struct {
	path   string
	info   fs.FileInfo // device and inode
	logger *slog.Logger

	mu    sync.Mutex
	at    time.Time
	state error
}

// newFile remembers the file at a path that was just opened.
func newFile(path string, logger *slog.Logger) (*file, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &file{path: path, info: info, logger: logger, at: time.Now()}, nil
}

// check fails if the path does not lead to the open file any more. It trusts a check that is
// younger than age.
func (f *file) check(age time.Duration) error {
	if f == nil { // in memory
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.at) < age {
		return f.state
	}
	before := f.state
	f.at, f.state = time.Now(), nil
	if now, err := os.Stat(f.path); err != nil {
		f.state = fmt.Errorf("%w: sqlite: the database file is gone: %w", driver.ErrUnavailable, err)
	} else if !os.SameFile(f.info, now) {
		f.state = fmt.Errorf("%w: sqlite: %w", driver.ErrUnavailable, errReplaced)
	}
	if before == nil && f.state != nil {
		f.logger.Error("sqlite: the database file was removed or replaced; restart the program, or put the file back", "path", f.path, "error", f.state)
	}
	return f.state
}

var errReplaced = errors.New("the database file was replaced by another one")
