// Package bench measures the MP3 encoder: how much noise above or below what the
// ear notices it makes, and how fast it is, with LAME and Shine in the same run.
// It holds only tests; `make bench-audio` runs them and writes the table.
//
// The measure is the noise-to-mask ratio of ITU-R BS.1387-1, basic version
// (clauses 2.1 and 4.5), of what ffmpeg decodes, after delay and gain are taken
// out. The encoder's own psychoacoustic model has no part in it.
//
// Its window of 46 ms hides how noise spreads before an attack. That is measured
// by itself on clicks: the noise from 20 to 2 ms before each, as their level.
package bench
