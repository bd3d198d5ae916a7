package pgrst

import (
	"net/http"
	"strconv"
)

// Unknown is a total that was not counted.
const Unknown int64 = -1

// ReadRange returns Content-Range of a read that answers n rows from offset on,
// of total rows or Unknown.
func ReadRange(offset, n int, total int64) string {
	if n <= 0 || total == 0 {
		return contentRange(-1, 0, total)
	}
	return contentRange(offset, offset+n-1, total)
}

// WriteRange returns Content-Range of a write of n rows. If counted is set, which is the
// preference count=exact, it contains their number.
func WriteRange(method string, n int, counted bool) string {
	total := Unknown
	if counted {
		total = int64(n)
	}
	if method == http.MethodPatch && n > 0 {
		return contentRange(0, n-1, total)
	}
	return contentRange(-1, 0, total)
}

// contentRange writes first-last/total; a negative first or total is a star.
func contentRange(first, last int, total int64) string {
	buf := make([]byte, 0, 32)
	if first < 0 {
		buf = append(buf, '*')
	} else {
		buf = strconv.AppendInt(buf, int64(first), 10)
		buf = append(buf, '-')
		buf = strconv.AppendInt(buf, int64(last), 10)
	}
	buf = append(buf, '/')
	if total < 0 {
		buf = append(buf, '*')
	} else {
		buf = strconv.AppendInt(buf, total, 10)
	}
	return string(buf)
}

// ReadStatus returns the status of a read that answers n rows from offset on, of
// total rows or Unknown: 206 if it is known that these are not all. More says
// that rows were left out because the request had no limit of its own. An offset
// beyond a known total is a PGRST103 (416).
func ReadStatus(offset, n int, total int64, more bool) (int, error) {
	switch {
	case total >= 0 && int64(offset) > total:
		return 0, unsatisfiable("An offset of " + strconv.Itoa(offset) + " was requested, but there are only " +
			strconv.FormatInt(total, 10) + " rows.")
	case more, total >= 0 && int64(n) < total:
		return http.StatusPartialContent, nil
	}
	return http.StatusOK, nil
}

// WriteStatus returns the status of a write that succeeded. Created says that a
// POST or PUT made at least one new row; a POST that only merged into rows that
// were there answers 200.
func WriteStatus(method string, prefer Prefer, created bool) int {
	represent := prefer.Return == ReturnRepresentation
	switch {
	case method == http.MethodPost && (created || prefer.Resolution != MergeDuplicates):
		return http.StatusCreated
	case method == http.MethodPut && created && represent:
		return http.StatusCreated
	case method == http.MethodPost, represent:
		return http.StatusOK
	}
	return http.StatusNoContent
}
