// Package resample follows the clock of a renderer. Sound comes at the pace of
// the sender's clock and is played at that of the renderer's; with 100 ppm
// between them the delay moves by 0.36 s in an hour, until something runs dry or
// over. A Governor estimates the difference from how much sound the renderer still
// holds, and a Resampler makes that much more or less sound.
//
// The Resampler is a windowed sinc of 64 taps (Kaiser, beta 9) at full bandwidth,
// tabulated for 256 positions between two frames and interpolated between those
// (J. O. Smith, "Digital Audio Resampling Home Page"). The ratio glides and the
// position continues from the frame that was passed last, so that a correction
// begins, changes and ends without a click. Until one is needed, and again after it,
// output is input bit by bit.
//
// Measured with sines at half of full scale at 100 ppm:
//
//	level, 20 Hz to 20 kHz         +-0.001 dB
//	THD+N of the filter            20 Hz -137, 1 kHz -110, 10 kHz -105, 18 kHz -95, 20 kHz -92 dB
//	THD+N rounded to 16 bit        1 kHz -92.0, 10 kHz -91.8, 20 kHz -88.9 dB; rounding alone: -92.1 dB
//	harmonics of a sine at -76 dB  below -115 dB of full scale, each
//	time for a second of stereo    4 ms; FLAC encoding takes 0.9 ms, a correction of 0 ppm 0.01 ms
//
// Rounding is without dither: the moving position spreads its error already, and
// silence stays silence. Fixed ratios, as from 44.1 to 48 kHz, are left out: full
// bandwidth would fold.
package resample
