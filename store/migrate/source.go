package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is one line of migrations: the SQL files of one package.
type Source struct {
	// Line names the line in the history: lower-case letters, digits and
	// underscores. Never change it after a release.
	Line string

	// FS holds a folder for each engine that the application supports, postgres or sqlite or
	// both, with files named 0001_init.up.sql. Numbers start at 1; the text after them is
	// free. A file must not be empty. Files that do not end in .sql are ignored.
	//
	// An FS without any .sql file is a line without migrations. go:embed does not embed an
	// empty folder, so put a file such as README.md into it until the first migration.
	FS fs.FS

	// After names the lines that must precede this one in the list given to [New].
	After []string
}

// Migration is one step of a line.
type Migration struct {
	Line    string
	Version int
	Name    string

	// SQL is the text of the file; empty for a migration of the history
	// that is newer than the program's files.
	SQL string

	// AppliedAt is when the migration was applied; zero while it is pending.
	AppliedAt time.Time

	checksum string
}

// String returns line, version and name: "auth 2 add_factors".
func (m Migration) String() string { return fmt.Sprintf("%s %d %s", m.Line, m.Version, m.Name) }

// The first line of a file that must not run in a transaction, and the line
// between its statements.
const (
	noTransaction = "-- plinth:no-transaction"
	nextStatement = "-- plinth:next"
)

// statements splits a file that runs outside a transaction, where a server
// would wrap several statements sent at once into one.
func statements(text string) []string {
	var list []string
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == nextStatement {
			list = append(list, b.String())
			b.Reset()
			continue
		}
		b.WriteString(line)
	}
	return append(list, b.String())
}

// isBare reports whether a file runs outside a transaction.
func isBare(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(first) == noTransaction
}

var (
	linePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	filePattern = regexp.MustCompile(`^(\d{1,9})_([A-Za-z0-9_]+)\.up\.sql$`)
)

// read returns the migrations of a source for an engine, by version.
func (s Source) read(engine string) ([]Migration, error) {
	if !linePattern.MatchString(s.Line) {
		return nil, fmt.Errorf("migrate: line %q must be lower-case letters, digits and underscores", s.Line)
	}
	if s.FS == nil {
		return nil, fmt.Errorf("migrate: line %s has no files", s.Line)
	}
	entries, err := fs.ReadDir(s.FS, engine)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.checkAbsent(engine)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: line %s: read the folder %s: %w", s.Line, engine, err)
	}
	byVersion := map[int]*Migration{}
	var errs []error
	for _, e := range entries {
		if err := s.add(byVersion, engine, e.Name()); err != nil {
			errs = append(errs, err)
		}
	}
	list := make([]Migration, 0, len(byVersion))
	for _, m := range byVersion {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Migration) int { return a.Version - b.Version })
	return list, errors.Join(errs...)
}

// checkAbsent returns an error if a source without a folder for the engine has SQL files.
func (s Source) checkAbsent(engine string) error {
	return fs.WalkDir(s.FS, ".", func(path string, _ fs.DirEntry, err error) error {
		folder, _, _ := strings.Cut(path, "/")
		switch {
		case err != nil || !strings.HasSuffix(path, ".sql"):
			return err
		case folder == "postgres" || folder == "sqlite":
			return fmt.Errorf("migrate: line %s has migrations for %s and none for %s, the engine of this database: use a %s database, or add a folder %s",
				s.Line, folder, engine, folder, engine)
		}
		return fmt.Errorf("migrate: line %s: %s is not in a folder %s at the root of FS (see fs.Sub)", s.Line, path, engine)
	})
}

// add reads one file.
func (s Source) add(byVersion map[int]*Migration, engine, file string) error {
	if !strings.HasSuffix(file, ".sql") {
		return nil // a readme
	}
	path := engine + "/" + file
	part := filePattern.FindStringSubmatch(file)
	if part == nil {
		return fmt.Errorf("migrate: line %s: %s: a file must be named like 0001_init.up.sql", s.Line, path)
	}
	version, err := strconv.Atoi(part[1])
	if err != nil || version == 0 {
		return fmt.Errorf("migrate: line %s: %s: versions count from 1", s.Line, path)
	}
	data, err := fs.ReadFile(s.FS, path)
	if err != nil {
		return fmt.Errorf("migrate: line %s: %w", s.Line, err)
	}
	// A checkout on Windows may have changed the line ends.
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	if byVersion[version] != nil {
		return fmt.Errorf("migrate: line %s: %s: version %d exists twice", s.Line, path, version)
	}
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("migrate: line %s: %s is empty: was it made by a shell's > before the program was built? Write it to another folder and move it here", s.Line, path)
	}
	sum := sha256.Sum256([]byte(text))
	byVersion[version] = &Migration{Line: s.Line, Version: version, Name: part[2], SQL: text, checksum: hex.EncodeToString(sum[:])}
	return nil
}
