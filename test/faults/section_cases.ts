/** A case of the list of bad input that another test holds: that test's file, and words of its name. */
export type HeldElsewhere = readonly [id: string, what: string, file: string, words: string];

const PNG = 'test/cli/bad_png.test.ts';
const PICTURES = 'test/cli/bad_pictures.test.ts';
const DATA = 'test/cli/data_set.test.ts';
const REFUSALS = 'test/model/safetensors_refusals.test.ts';
const TENSORS = 'test/model/safetensors.test.ts';
const ADAPTERS = 'test/model/adapter_file.test.ts';
const DISTILL = 'test/cli/distill_faults.test.ts';
const RUN = 'test/cli/run_folder.test.ts';
const PART = 'test/faults/files.part.ts';
const GPU = 'test/runtime/faults.test.ts';
const SERVER = 'test/faults/server.part.ts';
const REFUSED = 'test/faults/server_refusals.ts';
const CROWDS = 'test/faults/crowds.ts';
const TEACHER = 'test/faults/teacher.part.ts';
const TROUBLE = 'test/web/trouble.test.ts';
const APP = 'test/web/app.slow.test.ts';
const APP_TROUBLE = 'test/web/app_trouble.slow.test.ts';
const LIVE = 'test/web/live.test.ts';
const TRAINING = 'test/web/training.slow.test.ts';
const LOGIC = 'test/web/page_logic.test.ts';

/** Cases that other tests hold. */
export const HELD_ELSEWHERE: readonly HeldElsewhere[] = [
  ['I4', 'wrong extension', PICTURES, 'content counts, not the extension'],
  ['I8', 'text and profiles that inflate', PNG, 'compressed text and profiles of 64 MB are not inflated'],
  ['I11', 'palette index out of range', PNG, 'palette'],
  ['I14', '16 bits, 1 bit, grey, alpha, interlaced', 'test/cli/decode.test.ts', 'within its tolerance'],
  ['I15', 'CMYK', 'test/cli/decode.test.ts', 'CMYK is refused'],
  ['I16', 'EXIF rotation once', PICTURES, 'EXIF orientation is applied once'],
  ['I17', 'EXIF loop', PICTURES, 'a loop of directories does no harm'],
  ['I19', 'animations', PNG, 'an animation gives its first frame'],
  ['I20', 'bit flips', PNG, '12 random bit flips'],
  ['T3', 'only unreadable pictures', 'test/cli/check.test.ts', 'only unreadable pictures'],
  ['T5', 'two sizes in a pair', 'test/cli/folder_source.test.ts', 'one of two sizes is refused'],
  ['T6', 'sub-folders and hidden files', DATA, 'hidden files, links, pipes and strange names'],
  ['T8', 'strange names', DATA, 'strange names'],
  ['T10', 'a file that vanishes', 'test/cli/folder_source.test.ts', 'a file that vanishes is replaced'],
  ['T12', 'no permission', DATA, 'a sub-folder without permission is counted'],
  ['S4', 'UTF-8, BOM, NUL', REFUSALS, 'NUL padding'],
  ['S5', 'missing fields', REFUSALS, 'no data_offsets'],
  ['S6', 'types and __proto__', REFUSALS, 'dtype __proto__'],
  ['S7', 'dimensions', REFUSALS, 'negative dimension'],
  ['S8', 'products that wrap', REFUSALS, 'wraps before 0'],
  ['S9', 'offsets', REFUSALS, 'hole between'],
  ['S11', 'size and shape', REFUSALS, 'size too small'],
  ['S12', 'names twice', REFUSALS, 'same name twice'],
  ['S13', 'odd offsets', TENSORS, 'float32 at odd offsets'],
  ['S14', '20,000 tensors', TENSORS, '20,000 tensors in less than a second'],
  ['S19', 'other float types', TENSORS, 'every readable type'],
  ['L2', 'B without A', ADAPTERS, 'refused tensors'],
  ['L3', 'ranks of A and B', ADAPTERS, 'refused tensors'],
  ['L7', 'channels', 'test/model/match_adapter.test.ts', 'channels and kernels are compared'],
  ['L16', 'merge and unmerge', 'test/cli/adapter.test.ts', 'unmerge'],
  ['L18', 'kohya without alpha', 'test/model/kohya.test.ts', 'a missing alpha is the rank'],
  ['F7', 'two runs in one folder', RUN, 'a second process is refused while the first lives'],
  ['F8', 'SIGINT', 'test/cli/built_program.test.ts', 'SIGINT'],
  ['F10', 'EPIPE', 'test/cli/errors.test.ts', 'a reader that goes away ends the process quietly'],
  ['F11', 'no adapter', 'test/cli/built_program.test.ts', 'adapter'],
  ['K1', 'cut short', PART, 'checkpoints cut short'],
  ['K2', 'flipped bytes', PART, 'flipped bits of a checkpoint'],
  ['K3', 'leftover files', RUN, 'leftovers are removed'],
  ['K4', 'the newest is broken', RUN, 'a broken checkpoint is passed over'],
  ['K5', 'full disk', PART, 'full disk'],
  ['K6', 'newer format', RUN, 'a checkpoint of a newer program'],
  ['K7', 'rename fails', PART, 'everyCallOfASave'],
  ['H1', 'spellings of paths', SERVER, 'spellings of paths out of the folder'],
  ['H2', 'links out of the root', 'test/faults/spellings.ts', '/vectors/link.txt'],
  ['H3', 'foreign Host', REFUSED, 'requests with a foreign Host or Origin'],
  ['H4', 'foreign Origin', REFUSED, 'requests with a foreign Host or Origin'],
  ['H5', 'WebSocket', REFUSED, 'a WebSocket from elsewhere'],
  ['H6', 'bodies without end', REFUSED, 'chunks without end'],
  ['H7', 'slow clients', CROWDS, 'the last slow client was sent away'],
  ['H8', 'JSON; none is taken', REFUSED, 'JSON 10,000 deep'],
  ['H9', 'methods', REFUSED, 'OPTIONS as browsers ask'],
  ['H10', 'headers and addresses', REFUSED, '10,000 headers'],
  ['H11', '500 connections', CROWDS, 'connections at once'],
  ['H12', 'names of uploads; none is taken', REFUSED, 'a file named ../../x.png'],
  ['H13', 'uploaded bombs; none is taken', REFUSED, 'a gzip bomb'],
  ['H14', 'port in use', SERVER, 'a port that is in use'],
  ['H15', 'clients that leave', CROWDS, 'clients that left'],
  ['H16', 'own address alone', SERVER, 'other addresses of this machine'],
  ['H17', 'bodies of errors, nosniff, policy', REFUSED, 'markup in the address'],
  ['X1', 'nobody there', TEACHER, 'a host that does not exist'],
  ['X2', 'timeouts', DISTILL, 'no answer'],
  ['X3', '500 and 429', DISTILL, 'Retry-After holds all workers'],
  ['X4', 'HTML', DISTILL, 'an HTML page'],
  ['X5', '10 GB', DISTILL, '10 GB'],
  ['X6', 'sizes and base64', DISTILL, 'broken base64'],
  ['X7', 'redirects', DISTILL, 'a redirect to a file'],
  ['X8', 'TLS', TEACHER, 'a certificate that nobody signed'],
  ['X9', 'credentials', 'test/cli/distill_units.test.ts', 'credentials are taken out and never shown'],
  ['X10', 'half of a batch', DISTILL, 'the others are kept'],
  ['X11', 'empty picture', DISTILL, 'an empty picture'],
  ['X12', 'gzip bomb', DISTILL, 'a gzip bomb'],
  ['B1', 'no navigator.gpu', TROUBLE, 'no navigator.gpu'],
  ['B2', 'no adapter', TROUBLE, 'no adapter'],
  ['B2', 'fallback adapter: all of these tests run on one', LIVE, 'drives one in a worker'],
  ['B3', 'limits below need', TROUBLE, 'limits too small'],
  ['B4', 'no shader-f16: f16 is asked for and passed over', TROUBLE, 'or of another kind'],
  ['B5', 'device lost while running', TROUBLE, 'a lost device is replaced within 5 s'],
  ['B5', 'in the app', APP, 'a lost device is replaced'],
  ['B5', 'while training', TRAINING, 'and when the device is lost'],
  ['B5', 'while training in the app', APP, 'and the loss of its device'],
  ['B6', 'tab hidden and shown', APP_TROUBLE, 'a page that is hidden draws nothing'],
  ['B7', 'camera denied', APP, 'the camera runs, and what it refuses is said'],
  ['B7', 'unplugged, resolution change', APP_TROUBLE, 'a camera that changes its resolution goes on'],
  ['B8', '50 files, a file of 500 MB', APP_TROUBLE, '50 files at once, 70, and one of 500 MB'],
  ['B8', 'more files than it takes', LOGIC, '65 files at once are too many'],
  ['B8', 'a folder', APP_TROUBLE, 'a folder is looked through'],
  ['B9', '404, wrong type, truncated, unreachable', TROUBLE, 'weights that are missing, broken off'],
  ['B9', 'CORS', TROUBLE, 'weights on another origin that does not share them'],
  ['B10', 'out of memory', LIVE, 'without memory for a size, a smaller one is offered'],
  ['B11', 'resize during a frame', TROUBLE, 'started and stopped 100 times, resized in between'],
  ['B12', 'file names as text', APP, 'names of files are text'],
  ['B13', 'offline after load', APP, 'training outlives a reload without a network'],
  ['B14', '100 starts and stops', TROUBLE, 'started and stopped 100 times'],
  ['B15', 'zoom and DPR', APP_TROUBLE, 'another zoom, another screen'],
  ['G1', 'validation error', GPU, 'workgroup'],
  ['G4', '65,536 groups', GPU, '65_536'],
  ['G5', 'a binding too large', GPU, 'a tensor above the binding limit'],
  ['G7', 'a pipeline that fails', GPU, 'is reported by kernel'],
  ['G9', 'two engines', 'test/runtime/engines.test.ts', 'two engines in one process do not meet'],
];

/** Cases that do not arise, and why. */
export const NOT_HERE: readonly (readonly [id: string, why: string])[] = [
  ['S23', 'a file is read as a whole from one open handle, and its length is checked against its header'],
  ['F9', 'in the part `kill`, with F8 of a training'],
  ['F15', 'paths are used as they come; the program never changes its folder'],
  [
    'B6',
    'a laptop that sleeps: its page is hidden first, and a device that did not outlast it is a lost one',
  ],
  ['G2', 'in the part `gpu`'],
  ['G3', 'in the part `numbers`'],
  ['G6', 'in the part `device_loss`'],
  ['G8', 'in the part `gpu`'],
];

/** Numbers of cases by letter, 162 in all. */
export const LAST: Readonly<Record<string, number>> = {
  I: 20,
  T: 13,
  S: 24,
  L: 18,
  C: 11,
  F: 16,
  K: 7,
  H: 17,
  X: 12,
  B: 15,
  G: 9,
};
