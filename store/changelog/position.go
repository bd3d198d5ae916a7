package changelog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// position is the position of a reader in the log.
//
// On PostgreSQL the order of numbers is not the order of commits, and a row can
// become visible behind rows with higher numbers. So a position there is a
// snapshot: a reader gets what is visible now and was not visible then. It waits
// for no open transaction, the snapshot just names it. What one look found,
// the window between two snapshots, is delivered in pages in the order of seq.
//
// SQLite has one writer, the order of numbers is the order of commits.
type position struct {
	// Epoch is the log's epoch; another one makes the rest meaningless.
	Epoch string `json:"epoch"`

	// Timeline is the server's. A standby that was promoted has another one, and may have
	// given numbers of lost transactions again. PostgreSQL only.
	Timeline string `json:"timeline,omitempty"`

	// From is the snapshot in which everything visible is delivered. To is the
	// end of a window that is only delivered up to Seq; empty between windows.
	// PostgreSQL only.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`

	// Seq is the last row delivered: of the window, on SQLite of the log.
	Seq int64 `json:"seq,omitempty"`

	// Trims is how often the log had been trimmed when the reader looked last.
	Trims int64 `json:"trims,omitempty"`
}

// mark is the highest number and the highest transaction of trimmed rows.
type mark struct {
	Seq int64  `json:"seq"`
	XID uint64 `json:"xid"`
}

// with returns the higher of two marks.
func (m mark) with(o mark) mark { return mark{max(m.Seq, o.Seq), max(m.XID, o.XID)} }

// purged says what is trimmed.
type purged struct {
	mark // of all tables

	// Trims counts the trims.
	Trims int64 `json:"trims,omitempty"`

	// Tables has a mark for each table that was trimmed by limits of its own, and one for
	// all others. It is nil as long as there are no such limits.
	Tables map[string]mark `json:"tables,omitempty"`
}

// others stands for the tables without limits of their own.
const others = ""

// of returns the marks that matter to a reader of some tables, nil for all.
func (p purged) of(tables []string) []mark {
	if len(tables) == 0 || p.Tables == nil {
		return []mark{p.mark}
	}
	marks := []mark{p.Tables[others]}
	for _, t := range tables {
		marks = append(marks, p.Tables[t])
	}
	return marks
}

// logHead is the state of the log in the snapshot of one statement.
type logHead struct {
	Now     string `json:"now"`  // the snapshot; PostgreSQL only
	Last    int64  `json:"last"` // the highest number; SQLite only
	Epoch   string `json:"epoch"`
	Purged  purged `json:"purged"`
	Standby bool   `json:"standby"`

	Timeline string `json:"timeline"` // PostgreSQL only
}

// beginning is a snapshot in which no transaction is visible: 3 is the first
// number PostgreSQL gives to one.
const beginning = "3:3:"

func parsePosition(text string) (position, error) {
	var p position
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("store: position of a reader: %w", err)
	}
	return p, nil
}

// now is the position behind everything the statement could see.
func (h *logHead) position() position {
	return position{Epoch: h.Epoch, Timeline: h.Timeline, From: h.Now, Seq: h.Last, Trims: h.Purged.Trims}
}

// lost says why changes of some tables, nil for all, are lost for a reader at p, or nothing.
func (h *logHead) lost(p position, tables []string) string {
	const trimmed = "the log is trimmed beyond it"
	switch {
	case p.Epoch != h.Epoch:
		return "the database was restored from a copy"
	case p.Timeline != h.Timeline:
		return "a standby has become the server, and may lack what this reader has seen"
	case h.Now == "" && p.Seq > h.Last:
		return "it is ahead of the log"
	case h.Now == "" && p.Trims != h.Purged.Trims && slices.ContainsFunc(h.Purged.of(tables), func(m mark) bool { return p.Seq < m.Seq }):
		return trimmed
	case h.Now == "":
		return ""
	}
	fromMin, fromMax, err := snapshotBounds(p.From)
	if err != nil {
		return err.Error()
	}
	_, nowMax, err := snapshotBounds(h.Now)
	switch {
	case err != nil:
		return err.Error()
	case fromMax > nowMax:
		return "it comes from another server"
	case p.Trims == h.Purged.Trims:
		return ""
	}
	for _, m := range h.Purged.of(tables) {
		if fromMin <= m.XID && !p.paged(m) {
			return trimmed
		}
	}
	return ""
}

// paged reports whether a reader in the middle of a window had all trimmed rows
// already: those of the window by their numbers, and none is behind it.
func (p position) paged(gone mark) bool {
	if p.To == "" || p.Seq < gone.Seq {
		return false
	}
	toMin, _, err := snapshotBounds(p.To)
	return err == nil && toMin > gone.XID
}

// after returns the position after a batch that was read at p, and whether there may be
// more changes. full says that the batch was full.
func (p position) after(h *logHead, batch []Change, full bool) (next position, more bool) {
	next = p
	next.Trims = h.Purged.Trims
	if len(batch) > 0 {
		next.Seq = batch[len(batch)-1].Seq
	}
	switch {
	case h.Now == "" && !full:
		next.Seq = h.Last // changes of other tables, which the reader left out, are behind it too
		return next, false
	case h.Now == "":
		return next, true
	case full && p.To == "":
		next.To = h.Now
		return next, true
	case full:
		return next, true
	}
	next.From, next.To, next.Seq = p.To, "", 0
	if p.To == "" {
		next.From = h.Now
	}
	// Behind a window that was read in pages there may be another.
	return next, p.To != ""
}

// snapshotBounds returns the two limits of a snapshot, "xmin:xmax:xip,xip": below
// the first everything is visible that was committed, from the second on nothing.
func snapshotBounds(s string) (lowest, next uint64, err error) {
	low, rest, _ := strings.Cut(s, ":")
	high, _, _ := strings.Cut(rest, ":")
	if lowest, err = strconv.ParseUint(low, 10, 64); err == nil {
		next, err = strconv.ParseUint(high, 10, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("store: snapshot %q: %w", s, err)
	}
	return lowest, next, nil
}
