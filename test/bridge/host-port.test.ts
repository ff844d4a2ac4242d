import { noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { conformance } from './conformance.js';
import { HostPort } from './host-port.js';

conformance('host port', noCompiler, () => HostPort.start());
