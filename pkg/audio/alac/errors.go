package alac

// A defect says what is wrong with a packet. It is a string constant, so that
// a flood of bad packets makes no garbage.
type defect string

func (d defect) Error() string { return ErrMalformed.Error() + ": " + string(d) }
func (d defect) Unwrap() error { return ErrMalformed }

const (
	errTooLong    defect = "longer than its samples stored verbatim, twice"
	errTruncated  defect = "ends too early"
	errTag        defect = "element tag is not that of the announced channels"
	errNoChannels defect = "END before the channels"
	errUnused     defect = "unused header bits are set"
	errNumSamples defect = "number of samples is zero or above the frame length"
	errShifted    defect = "bytesShifted leaves no sample"
	errMixBits    defect = "mixBits above 31"
	errZeroRun    defect = "run of zeros passes the end of the frame"
)
