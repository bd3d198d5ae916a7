package errtext

// MaxTypos returns the distance at which another name is too different to be suggested for
// name: two mistakes, or one in a short name. It is 0 for a long name, which bounds the work.
func MaxTypos(name string) int {
	const longest, mistakes = 128, 2 // a plain name has at most 63 bytes
	if len(name) > longest {
		return 0
	}
	return min((len(name)+1)/3, mistakes) + 1
}

// Nearest returns the value whose name is most like name and that is allowed, or the zero
// value if none is closer than limit. The first of several wins. It calls allowed only for
// values that are closer than those before.
func Nearest[T any](name string, limit int, among []T, nameOf func(T) string, allowed func(T) bool) (best T) {
	for _, v := range among {
		if d := Distance(name, nameOf(v), limit); d < limit && allowed(v) {
			best, limit = v, d
		}
	}
	return best
}

// Distance returns the number of bytes to insert, delete or replace to make b of a
// (the Levenshtein distance), or limit where it is not below limit.
func Distance(a, b string, limit int) int {
	if limit <= max(len(a)-len(b), len(b)-len(a)) {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner, least := row[0], i+1
		row[0] = i + 1
		for j := range len(b) {
			replaced := corner
			if a[i] != b[j] {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
			least = min(least, row[j+1])
		}
		if least >= limit {
			return limit
		}
	}
	return min(row[len(b)], limit)
}
