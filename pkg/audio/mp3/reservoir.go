package mp3

// maxReservoirBytes is the farthest that main_data_begin, of 9 bits, can reach back.
const maxReservoirBytes = 511

// Sizes of the buffers of a reservoir. The main data of a frame begins at most
// maxReservoirBytes before its own place, so that no more than that is missing
// from all frames in the queue, and a frame has at least minMainBytes.
const (
	minMainBytes   = 288 - maxPrefixBytes // 128 kbit/s at 48 kHz, rounded down
	maxQueue       = maxReservoirBytes/minMainBytes + 3
	maxMainBytes   = 1441
	mainDataBuffer = 4 * maxMainBytes
)

// A reservoir lays the main data of the frames end to end into the places that
// the headers leave, so that a frame may use what the ones before left over
// (clause 2.4.3.4.2 and figure A.7):
//
//	|head 1|data 1 ...   |head 2| data 1, data 2 ...|head 3|data 2 |data 3 ...
//	                            ^ main_data_begin of frame 2 counts back from its
//	                              own place to the first byte after data 1
//
// A frame goes out when its place is full.
type reservoir struct {
	data   []byte // main data that is not in a frame yet
	queue  [maxQueue]queuedFrame
	queued int
	room   int // bytes in the places of the frames in the queue
}

type queuedFrame struct {
	prefix      [maxPrefixBytes]byte // header and side information
	prefixBytes int
	mainBytes   int
}

// bytes is how much of the places of earlier frames is free: main_data_begin.
func (r *reservoir) bytes() int {
	return r.room - len(r.data)
}

// add takes a frame: header and side information, main data, and the size of
// the place for main data. What cannot be reached by the next frame is filled
// with zeros. It appends the frames that are complete to dst.
func (r *reservoir) add(dst, prefix, mainData []byte, mainBytes int) []byte {
	q := &r.queue[r.queued]
	q.prefixBytes = copy(q.prefix[:], prefix)
	q.mainBytes = mainBytes
	r.queued++
	r.room += mainBytes
	r.data = append(r.data, mainData...)
	r.fill(r.bytes() - maxReservoirBytes)
	return r.emit(dst)
}

// flush fills up all frames and appends them to dst.
func (r *reservoir) flush(dst []byte) []byte {
	r.fill(r.bytes())
	return r.emit(dst)
}

func (r *reservoir) fill(bytes int) {
	for range bytes {
		r.data = append(r.data, 0)
	}
}

func (r *reservoir) emit(dst []byte) []byte {
	done, used := 0, 0
	for ; done < r.queued; done++ {
		q := &r.queue[done]
		if len(r.data)-used < q.mainBytes {
			break
		}
		dst = append(dst, q.prefix[:q.prefixBytes]...)
		dst = append(dst, r.data[used:used+q.mainBytes]...)
		used += q.mainBytes
		r.room -= q.mainBytes
	}
	r.data = r.data[:copy(r.data, r.data[used:])]
	r.queued = copy(r.queue[:], r.queue[done:r.queued])
	return dst
}
