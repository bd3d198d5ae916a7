package sqlite

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryPath is the path of a database in memory.
const memoryPath = ":memory:"

// setting is a pragma every connection gets, with what it must read afterwards.
type setting struct {
	pragma, value, want string
}

// settings returns the pragmas in the order they are applied. The first one
// makes the others wait for a file that another process has locked.
func settings(opts Options, memory, reader bool) []setting {
	busy := strconv.FormatInt(opts.BusyTimeout.Milliseconds(), 10)
	sync := []string{SynchronousFull: "2", SynchronousNormal: "1", SynchronousOff: "0"}[opts.Synchronous]
	list := []setting{{"busy_timeout", busy, busy}}
	if memory {
		list = append(list, setting{"journal_mode", "memory", "memory"})
	} else {
		list = append(list, setting{"journal_mode", "wal", "wal"})
	}
	list = append(
		list,
		setting{"synchronous", sync, sync},
		setting{"foreign_keys", "1", "1"},
		setting{"trusted_schema", "0", "0"},
		setting{"cell_size_check", "1", "1"},
		setting{"temp_store", "1", "1"},
		setting{"cache_size", "-8192", "-8192"},
		setting{"journal_size_limit", "67108864", "67108864"},
		setting{"case_sensitive_like", "1", ""}, // has no value to read; see checkSettings
	)
	if reader {
		list = append(list, setting{"query_only", "1", "1"})
	}
	return list
}

// source is a database to open connections to.
type source struct {
	// name is the part of the data source name before the parameters.
	name   string
	memory bool
}

// newSource turns a path into a source and creates the file if there is none,
// readable by its owner only; SQLite gives the files beside it the same mode.
func newSource(path string) (source, error) {
	switch {
	case path == "":
		return source{}, errors.New("sqlite: empty path")
	case path == memoryPath:
		// All connections must see the same database, which a private or a
		// shared-cache one does not give without other locking rules.
		return source{name: "file:/plinth-" + rand.Text(), memory: true}, nil
	case strings.HasPrefix(path, "file:"), strings.ContainsRune(path, 0):
		return source{}, fmt.Errorf("sqlite: %q is not a file path", path)
	}
	path = filepath.Clean(path)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		err = file.Close()
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return source{}, fmt.Errorf("sqlite: create database: %w", err)
	}
	return source{name: "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}, nil
}

// dsn returns the data source name for connections with these settings.
func (s source) dsn(list []setting) string {
	query := url.Values{
		"_dqs":       {"0"}, // "x" is never a string
		"_defensive": {"1"}, // no statement may damage the file
		"_error_rc":  {"1"}, // no text of another operation in errors
	}
	if s.memory {
		query.Set("vfs", "memdb")
	}
	for _, p := range list {
		query.Add("_pragma", p.pragma+"("+p.value+")")
	}
	return s.name + "?" + query.Encode()
}
