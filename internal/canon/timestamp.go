package canon

import "time"

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 86_400
	microsPerDay    = secondsPerDay * microsPerSecond
)

// AppendTimestamp appends a time in UTC as 2006-01-02T15:04:05.000000+00:00.
// What is below a microsecond is cut off.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	return AppendTimestampMicros(dst, t.UnixMicro())
}

// AppendTimestampMicros appends a time given in microseconds since 1970 in the
// form of [AppendTimestamp]. Years outside 1 to 9999, which the readers refuse,
// come out with a sign or more digits.
func AppendTimestampMicros(dst []byte, micros int64) []byte {
	days, rest := micros/microsPerDay, micros%microsPerDay
	if rest < 0 {
		days--
		rest += microsPerDay
	}
	dst = append(AppendDateDays(dst, days), "T00:00:00.000000+00:00"...)
	t := (*[15]byte)(dst[len(dst)-len("00:00:00.000000+00:00"):])
	seconds, fraction := uint32(rest/microsPerSecond), uint32(rest%microsPerSecond)
	minutes, thousands := seconds/60, fraction/100
	put2(t[0:2], minutes/60)
	put2(t[3:5], minutes%60)
	put2(t[6:8], seconds%60)
	put2(t[9:11], thousands/100)
	put2(t[11:13], thousands%100)
	put2(t[13:15], fraction%100)
	return dst
}

// AppendDateDays appends a date given in days since 1970 as 2006-01-02.
func AppendDateDays(dst []byte, days int64) []byte {
	year, month, day := civil(days)
	if year < 0 || year > 9999 {
		dst = append(appendYear(dst, year), "-00-00"...)
	} else {
		dst = append(dst, "0000-00-00"...)
		y := (*[4]byte)(dst[len(dst)-len("0000-00-00"):])
		put2(y[0:2], uint32(year)/100)
		put2(y[2:4], uint32(year)%100)
	}
	d := (*[5]byte)(dst[len(dst)-len("00-00"):])
	put2(d[0:2], month)
	put2(d[3:5], day)
	return dst
}

// civil returns the date of a day, counted from 1970 (Neri and Schneider,
// Euclidean affine functions and their application to calendar algorithms, 2022).
func civil(days int64) (year int64, month, day uint32) {
	// Count from 0000-03-01, so that the leap day is the last of its year; an
	// era is the 400 years after which the calendar repeats.
	const daysPerEra, epoch = 146_097, 719_468
	days += epoch
	era := days / daysPerEra
	if days%daysPerEra < 0 {
		era--
	}
	n := 4*uint32(days-era*daysPerEra) + 3
	century := n / daysPerEra
	// A year is the 32 bits above those that say which of its days it is.
	const perYear = 2_939_745
	p := uint64(n%daysPerEra|3) * perYear
	inYear := uint32(p) / perYear / 4
	year = era*400 + int64(century)*100 + int64(p>>32)
	// The same of months: the upper 16 bits, and the lower ones.
	const perMonth = 2_141
	m := perMonth*inYear + 197_913
	month, day = m>>16, m&0xffff/perMonth+1
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func appendYear(dst []byte, year int64) []byte {
	if year < 0 {
		dst = append(dst, '-')
		year = -year
	}
	if year > 9999 {
		dst = appendYear(dst, year/10_000)
		year %= 10_000
	}
	dst = append(dst, "0000"...)
	y, n := dst[len(dst)-4:], uint32(year)
	put2(y[0:2], n/100)
	put2(y[2:4], n%100)
	return dst
}

// put2 writes two digits.
func put2(b []byte, n uint32) {
	b[0], b[1] = byte('0'+n/10), byte('0'+n%10)
}
