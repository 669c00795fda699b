/**
 * Where our tables of attacks and llhttp disagree. A disagreement that is not listed here fails the comparison, and so
 * does one that is listed and no longer there.
 */

export interface ReviewedDifference {
  readonly why: string;
  /** Names in the tables. */
  readonly names: readonly string[];
}

/** Requests that we refuse and llhttp does not. */
export const stricterOnRequests: readonly ReviewedDifference[] = [
  {
    why: 'HTTP/1.0 has no transfer codings: an older recipient reads the chunks as another request (RFC 9112 section 6.1)',
    names: ['chunks in HTTP/1.0'],
  },
  {
    why: '15 digits say more than any body has, and fit every integer that reads them',
    names: ['a length of 16 digits', 'chunks: a size of 14 digits'],
  },
  {
    why: 'of codings we know chunked alone, and forward nothing that we do not know',
    names: [
      'a decoy before chunked',
      'identity and chunked',
      'a comma before chunked',
      'a coding that is not implemented',
    ],
  },
  {
    why: 'an expectation that is not exactly 100-continue is answered 417 (RFC 9110 section 10.1.1)',
    names: ['an expectation that is hidden in another', 'an expectation of two'],
  },
  {
    why: 'other versions and protocols are none of ours',
    names: ['HTTP/0.9', 'HTTP/0.9 in HTTP/1 clothes', 'HTTP/2.0', 'another protocol'],
  },
  {
    why: 'a request line has one space in either place (RFC 9112 section 3)',
    names: ['two spaces'],
  },
  {
    why: 'a target has one of four forms, an http or https scheme, no user and no fragment (RFC 9112 section 3.2)',
    names: ['a fragment', 'another scheme', 'a user in the target', 'CONNECT to a path'],
  },
  {
    why: 'CONNECT has no body: what one reader takes for it another takes for the tunnel',
    names: ['CONNECT with a length', 'CONNECT with chunks'],
  },
  {
    why: 'what can be sent without end has a bound; Node has its own above llhttp',
    names: [
      'too many fields',
      'empty lines without end',
      'chunks: extensions without end',
      'chunks: extensions of many chunks',
    ],
  },
  {
    why: 'lines end in CRLF, empty ones too',
    names: ['LF before it', 'CR before it'],
  },
  {
    why: 'Host routes: exactly one, and a host (RFC 9112 section 3.2); Node checks above llhttp that there is one',
    names: [
      'no Host',
      'no Host beside an absolute target',
      'two Hosts',
      'the same Host twice',
      'an empty Host and another',
      'Host with a path',
      'Host with a user',
      'Host with a space',
      'Host with a backslash',
      'Host with a tab',
    ],
  },
];

/** Requests that we forward and llhttp refuses. */
export const milderOnRequests: readonly ReviewedDifference[] = [
  {
    why: 'space around a value is no part of it, tabs as little as spaces (RFC 9112 section 5)',
    names: ['space behind chunked'],
  },
  {
    why: 'a later minor version is read as the highest one known (RFC 9110 section 2.5), and forwarded as HTTP/1.1',
    names: ['a later minor version'],
  },
  {
    why: 'a trailer that frames means nothing and is dropped (RFC 9110 section 6.5.1)',
    names: ['trailers that frame'],
  },
];

/** Answers that we do not pass on whole, or whose connection we give up, and that llhttp reads. */
export const stricterOnAnswers: readonly ReviewedDifference[] = [
  {
    why: 'reading until the close what may be chunks lets the sender choose where the answer ends',
    names: [
      'chunked twice',
      'chunked in two fields',
      'chunked before another coding',
      'a coding that is not implemented',
      'identity',
      'a word that ends in chunked',
    ],
  },
  {
    why: 'HTTP/1.0 has no transfer codings (RFC 9112 section 6.1)',
    names: ['chunks in HTTP/1.0'],
  },
  {
    why: 'only a server is asked to bear empty lines (RFC 9112 section 2.2)',
    names: ['an empty line before it', 'an empty line behind the body'],
  },
  {
    why: 'a status is 100 to 599, a reason is text (RFC 9110 section 15, RFC 9112 section 4)',
    names: ['a status above 599', 'a status below 100', 'NUL in the reason'],
  },
  {
    why: 'only an upgrade that was asked for switches protocols (RFC 9110 section 15.2.2)',
    names: ['a switch of protocols that nobody asked for'],
  },
  {
    why: 'what can be sent without end has a bound',
    names: [
      'more fields than are taken',
      'interim answers without end',
      'chunks: extensions without end',
      'chunks: trailers without end',
    ],
  },
  {
    why: 'what follows an answer belongs to no request: the answer is passed on, its connection is given up',
    names: [
      'another answer behind one with a length',
      'another answer behind one with chunks',
      'another answer behind one of length 0',
      'another answer behind 204',
      'another answer behind 304',
      'another answer behind one to HEAD',
    ],
  },
];
