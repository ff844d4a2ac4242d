import { noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { conformance } from './conformance.js';
import { VirtualPort } from './virtual-port.js';

conformance('virtual port', 'memory', noCompiler, () => new VirtualPort());
